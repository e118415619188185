"""People who ask, press and send off dialogs at random, and all that goes wrong meanwhile."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any

from bot.demo.workspace.faults import Deed, Fault
from bot.demo.workspace.model import Channel, SlackError, User
from tests.slack.faultrun.process import BotProcess
from tests.slack.office import Office

Json = Any
PAIRS = 5
_METHODS = ("chat.postMessage", "chat.update", "chat.*", "files.*", "conversations.*", "views.*")
_DEEDS: tuple[tuple[Deed, float, bool], ...] = (
    ("ratelimited", 1.0, False),
    ("error500", 0.0, False),
    ("error503", 0.0, False),
    ("error500", 0.0, True),
    ("hang", 0.5, False),
    ("hang", 2.2, False),  # carried out after the caller has given it up
    ("hang", 2.5, True),
    ("reset", 0.0, False),
    ("reset", 0.0, True),
)
_DELIVERIES: tuple[tuple[Deed, float], ...] = (("late", 0.4), ("repeat", 0.3), ("lost_ack", 0.0))


class Crowd:
    """Some people in two channels. dice: everything that is chosen by lot."""

    def __init__(self, office: Office, bot: BotProcess, dice: random.Random) -> None:
        self.office, self.bot, self.dice = office, bot, dice
        workspace = office.running.workspace
        names = ("Alex Reed", "Kim Jiho", "Sam Ode", "Lee Hana", "Ines Roy")
        self.people: list[User] = [workspace.add_user(name) for name in names]
        self.rooms: list[Channel] = [
            workspace.add_channel("operations", self.people),
            workspace.add_channel("night-shift", self.people),
        ]
        self.did: Counter[str] = Counter()
        self.answers: Counter[str] = Counter()
        self.struck: Counter[str] = Counter()
        self._count_strikes()

    # --- what people do ---------------------------------------------------------------

    async def act(self) -> None:
        """One of them does one thing; what Slack answers them is counted."""
        acts: list[tuple[int, str, Callable[[], Awaitable[Json | None]]]] = [
            (24, "ask for a check", self._ask),
            (6, "mention", self._mention),
            (4, "stop", self._stop),
            (3, "freeze or unfreeze", self._freeze),
            (6, "other command", self._other),
            (33, "press a button", self._press),
            (24, "send off a dialog", self._submit),
        ]
        weights = [weight for weight, _, _ in acts]
        _, name, act = self.dice.choices(acts, weights)[0]
        try:
            answer = await act()
        except SlackError as error:
            answer = {"ok": False, "error": error.code}
        if answer is None:  # there is nothing of the kind yet
            name, answer = "ask for a check", await self._ask()
        self.did[name] += 1
        self.answers["acknowledged" if answer.get("ok") else str(answer.get("error"))[-40:]] += 1

    async def unfreeze(self) -> None:
        await self._type("/replcheck unfreeze")

    async def _ask(self) -> Json:
        number = self.dice.randrange(PAIRS)
        wish = self.dice.choice(["", "", " --trigger yes", " --trigger no"])
        return await self._type(f"/replcheck seoul{number} busan{number}{wish}")

    async def _mention(self) -> Json:
        bot, number = self.office.running.workspace.installed().bot_user, self.dice.randrange(PAIRS)
        room = self.dice.choice(self.rooms)
        threads = [ts for ts, m in room.messages.items() if m.get("thread_ts", ts) == ts]
        thread = self.dice.choice(threads) if threads and self.dice.random() < 0.5 else ""
        text = f"<@{bot}> seoul{number} busan{number} --trigger no"
        return await self._person().type(room.id, text, thread)

    async def _stop(self) -> Json:
        return await self._type("/replcheck stop")

    async def _freeze(self) -> Json:
        verb = self.dice.choice(["freeze", "unfreeze", "unfreeze"])
        return await self._type(f"/replcheck {verb} seoul{self.dice.randrange(PAIRS)}")

    async def _other(self) -> Json:
        words = ["help", "status", "incidents", "summary", "seol0 busan0", "bogus", "stop c999"]
        return await self._type(f"/replcheck {self.dice.choice(words)}")

    async def _press(self) -> Json | None:
        """Any button of any message that there is, questions first."""
        found = [
            (room, ts, block["block_id"], element["action_id"])
            for room in self.rooms
            for ts, message in room.messages.items()
            for block in message.get("blocks", ())
            for element in block.get("elements", ())
            if str(element.get("action_id", "")).startswith("replcheck:")
        ]
        sends = [one for one in found if one[3] == "replcheck:send"]
        if not found:
            return None
        some = sends if sends and self.dice.random() < 0.5 else found
        room, ts, block, action = self.dice.choice(some)
        return await self._person().press(room.id, ts, block, action)

    async def _submit(self) -> Json | None:
        views = [
            v for v in self.office.running.workspace.views.values() if "submit" in v.definition
        ]
        views = [view for view in views if view.definition["submit"]]
        if not views:
            return None
        view = self.dice.choice(views)
        room = self.dice.choice(self.rooms).id
        chosen = {"type": "conversations_select", "selected_conversation": room}
        person = self.office.running.person(view.user)
        return await person.submit(view.id, {"channel": {"channel": chosen}})

    async def _type(self, text: str) -> Json:
        return await self._person().type(self.dice.choice(self.rooms).id, text)

    def _person(self) -> Any:
        return self.office.running.person(self.dice.choice(self.people).id)

    # --- what goes wrong --------------------------------------------------------------

    def misbehave(self) -> None:
        """Slack, for a few calls and deliveries."""
        faults = self.office.running.workspace.faults
        for _ in range(self.dice.randint(2, 4)):
            do, seconds, after = self.dice.choice(_DEEDS)
            on, times = self.dice.choice(_METHODS), self.dice.randint(1, 3)
            faults.add(Fault(on, do, times=times, seconds=seconds, after=after))
        do, seconds = self.dice.choice(_DELIVERIES)
        on = self.dice.choice(["slash_commands", "interactive", "events_api"])
        faults.add(Fault(on, do, times=self.dice.randint(1, 2), seconds=seconds))
        if self.office.running.workspace.installed().socket_mode and self.dice.random() < 0.5:
            self._hurt_sockets()

    def _hurt_sockets(self) -> None:
        sockets = self.office.running.courier.sockets
        kind = self.dice.choice(["dropped socket", "half-open socket", "dead address"])
        if kind == "dead address":
            workspace = self.office.running.workspace
            workspace.faults.add(Fault("apps.connections.open", "dead_address", times=2))
            sockets.drop()
        elif kind == "dropped socket":
            self.struck[kind] += sockets.count
            sockets.drop()
        else:
            self.struck[kind] += sockets.count
            sockets.half_open()

    def _count_strikes(self) -> None:
        faults = self.office.running.workspace.faults
        strike = faults.strike

        def counted(deeds: tuple[Deed, ...], *names: str, after: bool = False) -> Fault | None:
            found = strike(deeds, *names, after=after)
            if found:
                self.struck[f"{found.do}{' after the deed' if after else ''}"] += 1
            return found

        faults.strike = counted  # type: ignore[method-assign]

    async def interrupt(self) -> str:
        """The process is killed, or now and then asked to end, and started again."""
        if self.dice.random() < 0.8:
            await self.bot.kill()
            how = "SIGKILL"
        else:
            await self.bot.terminate()
            how = "SIGTERM"
        await asyncio.sleep(self.dice.choice([0.0, 0.0, 0.5, 2.5]))
        await self.bot.start()
        return how
