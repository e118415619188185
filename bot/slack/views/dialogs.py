"""The other modals: share a summary, page through the evidence, pick a pair for a thread."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from bot.slack import blocks
from bot.slack.blocks import Block
from bot.slack.markup import bold, marked
from bot.slack.model import Dialog, Reader, Told
from bot.slack.views import account
from bot.slack.views.buttons import PREFIX
from bot.slack.views.findings import item
from bot.slack.views.speech import Speech
from probes.model import Pair

Json = Any
SHARE, PICK, EVIDENCE = PREFIX + "share", PREFIX + "pick", PREFIX + "evidence"
"""callback_ids; a button that turns a page of the evidence is the action of that name too."""
CHANNEL, PAIR = "channel", "pair"
"""block_ids of the inputs; the element's action_id is the same word."""

_A_PAGE = 20  # answers: two blocks each, and the lines of each may be long


def share(reader: Reader, private_metadata: str) -> Dialog:
    """Choose a channel for the manager's summary."""
    speech = Speech(reader)
    chooser: Block = {
        "type": "conversations_select",
        "action_id": CHANNEL,
        "placeholder": blocks.plain(speech.plain("slack-dialog.channel"), blocks.PLACEHOLDER),
        "filter": {"include": ["public", "private"], "exclude_bot_users": True},
    }
    label = speech.plain("slack-dialog.share-where")
    body = [
        blocks.section(speech("slack-dialog.share-means")),
        blocks.ask(label, chooser, CHANNEL, speech.plain("slack-dialog.share-hint")),
    ]
    return blocks.dialog(
        speech.plain("slack-dialog.share-title"),
        body,
        SHARE,
        private_metadata,
        close=speech.plain("slack-dialog.cancel"),
        submit=speech.plain("slack-dialog.share-submit"),
    )


def chosen_channel(values: Mapping[str, Json]) -> str:
    """The channel's id, out of the values that a submitted dialog carries."""
    return str(values[CHANNEL][CHANNEL]["selected_conversation"])


def evidence(told: Told, reader: Reader, page: int = 0) -> Dialog:
    """Every answer with its lines, in the order in which it came. page: from 0; one beyond the
    last shows the last. In a channel for roles there is nothing to page through."""
    speech = account.speech_for(told, reader)
    every = () if speech.roles else told.result.evidence.observations
    pages = max(1, -(-len(every) // _A_PAGE))
    page = min(max(0, page), pages - 1)
    shown = every[page * _A_PAGE : (page + 1) * _A_PAGE]
    count = speech("slack-dialog.evidence-page", page=page + 1, pages=pages, count=len(every))
    body = [
        blocks.section(marked(account.headline(told, speech))),
        blocks.context(count if every else speech("slack-dialog.evidence-none")),
        *(block for observation in shown for block in item(observation, told, speech)),
        *_turn(told, page, pages, speech),
    ]
    return blocks.dialog(
        speech.plain("slack-dialog.evidence-title"),
        body,
        EVIDENCE,
        _of(told),
        close=speech.plain("slack-dialog.close"),
    )


def pick_pair(
    pairs: Sequence[Pair],
    preselected: Pair | None,
    reader: Reader,
    private_metadata: str,
) -> Dialog:
    """For the message shortcut: which pair to check, answered in that message's thread. The
    chosen value is `near far`."""
    speech = Speech(reader)
    options = {
        pair.id: blocks.option(speech.pair(pair.near, pair.far), f"{pair.near} {pair.far}")
        for pair in pairs
    }
    chooser: Block = {
        "type": "static_select",
        "action_id": PAIR,
        "placeholder": blocks.plain(speech.plain("slack-dialog.pair"), blocks.PLACEHOLDER),
        **_grouped(list(options.values()), speech),
    }
    if preselected is not None:
        chooser["initial_option"] = options[preselected.id]
    body = [
        blocks.section(bold(speech.plain("slack-dialog.pick-means"))),
        blocks.ask(speech.plain("slack-dialog.pick-which"), chooser, PAIR),
    ]
    return blocks.dialog(
        speech.plain("slack-dialog.pick-title"),
        body,
        PICK,
        private_metadata,
        close=speech.plain("slack-dialog.cancel"),
        submit=speech.plain("slack-dialog.pick-submit"),
    )


def chosen_pair(values: Mapping[str, Json]) -> tuple[str, str]:
    """Near and far, out of the values that a submitted dialog carries."""
    near, _, far = str(values[PAIR][PAIR]["selected_option"]["value"]).partition(" ")
    return near, far


def _grouped(options: list[Block], speech: Speech) -> Block:
    """Slack takes 100 options, and 100 groups of 100. ValueError where there are none."""
    if not options:
        raise ValueError("there is no pair to pick")
    if len(options) <= blocks.OPTIONS:
        return {"options": options}
    most = blocks.OPTIONS
    parts = [options[n : n + most] for n in range(0, min(len(options), most * most), most)]
    labels = (speech.plain("slack-dialog.group", first=n * most + 1) for n in range(len(parts)))
    groups = (
        {"label": blocks.plain(label, blocks.OPTION), "options": part}
        for label, part in zip(labels, parts, strict=True)
    )
    return {"option_groups": list(groups)}


def _turn(told: Told, page: int, pages: int, speech: Speech) -> Iterator[Block]:
    """Each in a block of its own: both are the same action, with another page."""
    if page > 0:
        yield from _to(told, page - 1, pages, speech.plain("slack-dialog.page-back"), speech)
    if page < pages - 1:
        yield from _to(told, page + 1, pages, speech.plain("slack-dialog.page-on"), speech)


def _to(told: Told, page: int, pages: int, label: str, speech: Speech) -> list[Block]:
    what = speech.plain("slack-dialog.page-what", page=page + 1, pages=pages)
    return blocks.actions(blocks.button(label, EVIDENCE, _of(told, page=page), what))


def _of(told: Told, **more: int) -> str:
    """Which check: the same keys as in a button's value."""
    document = told.result.document
    return blocks.value_of(check=str(document["check"]), incident=str(document["incident"]), **more)
