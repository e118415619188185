"""What is to be counted after a fault run: out of the record and the workspace, not of the bot."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bot.demo.workspace.state import Workspace

Json = Any
_POSTS = ("chat.postMessage", "files.completeUploadExternal")
_LOOKS = ("conversations.history", "conversations.replies")


@dataclass
class Account:
    """counts: for people. wrong: what must not be, each with its name."""

    counts: dict[str, int] = field(default_factory=dict)
    wrong: dict[str, list[str]] = field(default_factory=dict)

    def expect_none(self, name: str, found: list[str]) -> None:
        self.counts[name] = len(found)
        if found:
            self.wrong[name] = found


class Books:
    """The record and the workspace side by side."""

    def __init__(self, db: Path, sends: Path, workspace: Workspace) -> None:
        self.workspace = workspace
        with closing(sqlite3.connect(db)) as connection:
            connection.row_factory = sqlite3.Row
            tables = ("checks", "inbox", "outbox", "audit", "triggers", "consents", "freezes")
            self.rows = {name: _all(connection, name) for name in tables}
        self.sends = sends.read_text().splitlines() if sends.exists() else []
        self.messages = [
            (channel.id, message)
            for channel in workspace.channels.values()
            for message in channel.messages.values()
        ]
        self.keyed = [(key, c, m) for c, m in self.messages if (key := key_of(m))]
        self.checks = self.rows["checks"]

    def account(self) -> Account:
        """Everything that is counted, and everything that must be none."""
        result = Account()
        states = Counter(check["state"] for check in self.checks)
        result.counts |= {f"checks {state}": count for state, count in sorted(states.items())}
        self._last_words(result)
        self._nothing_twice(result)
        self._duplicates(result)
        self._trail(result)
        return result

    # --- one last word, in the right thread -------------------------------------------

    def _last_words(self, result: Account) -> None:
        shown = {row["key"]: row["ts"] for row in self.rows["outbox"]}
        roots = {key: m for key, _, m in self.keyed if m["ts"] == shown.get(key)}
        replies = Counter(key for key, _, _ in self.keyed if key.endswith(":reply"))
        lost, unended, misplaced = [], [], []
        for check in self.checks:
            name, place = check["id"], json.loads(check["asked"])
            root = roots.get(f"{name}:root")
            if root is None or replies[f"{name}:reply"] != 1 or not self._ended(name):
                lost.append(f"{name} ({check['state']}): {replies[f'{name}:reply']} replies")
                continue
            if "replcheck:stop" in json.dumps(root["blocks"]) or check["state"] == "running":
                unended.append(name)
            thread = place["thread"] or root["ts"]
            ours = [m for k, _, m in self.keyed if k.startswith(f"{name}:") and k != f"{name}:root"]
            misplaced += [f"{name}: {m['ts']}" for m in ours if m.get("thread_ts") != thread]
        result.counts["final verdicts in their thread"] = sum(replies.values())
        result.expect_none("checks without a last word", lost)
        result.expect_none("roots that still look running", unended)
        result.expect_none("messages outside their thread", misplaced)

    def _ended(self, check: str) -> bool:
        """The root shows the end; somebody's press may have been shown in its place."""
        edits = [row for row in self.rows["outbox"] if row["of_key"] == f"{check}:root"]
        first = next((row["number"] for row in edits if row["key"] == f"{check}:end"), None)
        return first is not None and any(
            row["number"] >= first and row["state"] == "sent" for row in edits
        )

    # --- nothing twice ----------------------------------------------------------------

    def _nothing_twice(self, result: Account) -> None:
        spans: dict[str, list[tuple[float, float, str]]] = {}
        for check in self.checks:
            span = (check["started"], check["ended"] or 0.0, check["id"])
            spans.setdefault(check["pair_id"], []).append(span)
        overlapping = [
            f"{pair}: {one[2]}, {two[2]}"
            for pair, found in spans.items()
            for one, two in zip(sorted(found), sorted(found)[1:], strict=False)
            if two[0] < one[1]
        ]
        result.expect_none("checks of a pair at the same time", overlapping)
        requests = Counter(check["request_key"] for check in self.checks)
        result.expect_none("requests that began two checks", _twice(requests))
        plans = Counter(f"{row['check_id']} {row['plan']}" for row in self.rows["triggers"])
        result.counts["triggers and controls on record"] = len(self.rows["triggers"])
        result.expect_none("triggers on record twice", _twice(plans))
        result.counts["first messages that left"] = len(self.sends)
        result.expect_none("first messages that left twice", _twice(Counter(self.sends)))
        agreed = Counter(row["check_id"] for row in self.rows["consents"])
        sent = {row["check_id"] for row in self.rows["triggers"]}
        result.expect_none("triggers without one consent", [c for c in sent if agreed[c] != 1])
        result.expect_none("triggers at a frozen site", list(self._while_frozen()))

    def _while_frozen(self) -> Iterator[str]:
        for sent in self.rows["triggers"]:
            for freeze in self.rows["freezes"]:
                held = freeze["frozen"] < sent["at"] < (freeze["lifted"] or float("inf"))
                if held and freeze["site"] in (None, *sent["pair_id"].split(":")):
                    yield f"{sent['check_id']} {sent['plan']}"

    # --- messages ---------------------------------------------------------------------

    def _duplicates(self, result: Account) -> None:
        stamps: dict[str, list[str]] = {}
        for message in (message for _, message in self.messages if message.get("bot_id")):
            for name in named(message):
                stamps.setdefault(name, []).append(message["ts"])
        twice = {name: found for name, found in stamps.items() if len(found) > 1}
        late = {name for name, found in twice.items() if self._came_late(min(found))}
        result.counts["messages"] = len(self.messages)
        result.counts["messages twice, the first of them after we had looked for it"] = len(late)
        result.expect_none("messages twice", sorted(twice.keys() - late))
        states = Counter(row["state"] for row in self.rows["outbox"])
        result.counts |= {f"said: {state}": count for state, count in sorted(states.items())}
        outbox = self.rows["outbox"]
        waiting = [row["key"] for row in outbox if row["state"] == "waiting"]
        result.expect_none("still to be said", waiting)
        given_up = [f"{r['key']}: {r['error']}" for r in outbox if r["state"] == "given-up"]
        result.expect_none("given up", given_up)

    def _came_late(self, ts: str) -> bool:
        """The bot had to give a call up, has looked for its message, and only then Slack carried
        the call out: nobody can know."""
        message = next(m for _, m in self.messages if m["ts"] == ts)
        files = [file["id"] for file in message.get("files") or ()]
        begun = max(
            call["at"]
            for call in self.workspace.calls
            if call["method"] in _POSTS
            and call["at"] <= float(ts)
            and (
                (call.get("answer") or {}).get("ts") == ts
                or any(file in str(call["args"].get("files")) for file in files)
            )
        )
        looks = [call["at"] for call in self.workspace.calls if call["method"] in _LOOKS]
        return any(begun < look < float(ts) for look in looks)

    # --- what is kept of people's acts ------------------------------------------------

    def _trail(self, result: Account) -> None:
        asked = [row for row in self.rows["inbox"] if row["kind"] != "claim"]
        noted = Counter(json.loads(row["body"]).get("delivery") for row in self.rows["audit"])
        kept = {row["key"] for row in asked}
        delivered = Counter(request_of(one) for one in self.workspace.deliveries)
        acked = {request_of(one) for one in self.workspace.deliveries if one.get("ok")}
        result.counts["requests kept"] = len(asked)
        result.counts["requests delivered again"] = sum(n > 1 for n in delivered.values())
        result.expect_none("acknowledged and not kept", sorted(acked - kept))
        result.expect_none("kept and not done", [r["key"] for r in asked if r["done"] is None])
        result.expect_none("done and not in the trail", [r["key"] for r in asked
                                                         if not noted[r["key"]]])  # fmt: skip
        outcomes = Counter(map(_outcome, self.rows["audit"]))
        result.counts |= {f"trail: {name}": count for name, count in sorted(outcomes.items())}
        broken = [row["body"] for row in self.rows["audit"] if "refused.broken" in row["body"]]
        result.expect_none("something went wrong", broken)


def key_of(message: Json) -> str | None:
    """The outbox' key of a message or of the call that posts it."""
    metadata = message.get("metadata") or {}
    found = json.loads(metadata) if isinstance(metadata, str) else metadata
    key = (found.get("event_payload") or {}).get("key")
    return str(key) if key else None


def named(message: Json) -> list[str]:
    """What a message is the only one of: its key, or its files in their thread."""
    files = message.get("files") or ()
    found = [f"{message.get('thread_ts')} {file['title']} {file['name']}" for file in files]
    key = key_of(message)
    return [*found, key] if key else found


def request_of(delivery: Json) -> str:
    """The inbox' key of what was delivered."""
    payload = delivery["payload"]
    kind, name = {
        "event_callback": ("typed", "event_id"),
        "block_actions": ("pressed", "trigger_id"),
        "view_submission": ("submitted", ""),
        "message_action": ("shortcut", "trigger_id"),
    }.get(payload.get("type", ""), ("typed", "trigger_id"))
    value = payload[name] if name else payload["view"]["id"]
    return f"{kind}:{hashlib.sha256(value.encode()).hexdigest()[:24]}"


def _outcome(entry: dict[str, Json]) -> str:
    why = json.loads(entry["body"]).get("why")
    return f"{entry['what']} {entry['outcome']}{f' ({why})' if why else ''}"


def _all(connection: sqlite3.Connection, table: str) -> list[dict[str, Json]]:
    return [dict(row) for row in connection.execute(f"SELECT * FROM {table}")]


def _twice(found: Counter[str]) -> list[str]:
    return [name for name, count in found.items() if count > 1]
