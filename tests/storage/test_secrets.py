"""Law 6 over the whole file: secrets through every public write, then the bytes on disk."""

from __future__ import annotations

import inspect
from dataclasses import replace
from pathlib import Path

from probes.model import Gap, GapKind, Line, Phase, Tool, Tools
from storage.audit import Entry
from storage.outbox import Say
from storage.store import Origin, Store
from tests.storage.examples import NOW, TTL, context, raw

PASSWORD = "P@SsW0rd"
TOKEN = "xoxb-1234567890-abcdefghij"
KEY_BODY = "b3BlbnNzaC1rZXktdjEAAAAABG5vbmU"
COMMUNITY = "cHVibGljLXNlY3JldA"
SECRETS = (PASSWORD, TOKEN, KEY_BODY, COMMUNITY)

LINES = (
    f"root@avamar:~/# ./ddpconnchk -s 10.82.10.12 -u ddboost -p {PASSWORD}",
    f'<snmp community="{COMMUNITY}" version="2c">',
    "-----BEGIN OPENSSH PRIVATE KEY-----",
    KEY_BODY,
    "-----END OPENSSH PRIVATE KEY-----",
    f"Authorization: Bearer {TOKEN}",
)
TEXT = "\n".join(LINES)
BODY = {"password": PASSWORD, "lines": list(LINES), "deep": [{"text": TEXT}], TEXT: 1}

# Writes that carry no text that anyone printed or typed: times and our own ids.
PLAIN = {"open", "close", "renew_lease", "interrupt_orphans", "interrupt", "finish_check"}
READS = {"check", "load_evidence", "follow", "last_triggers", "list_incidents", "incident"} | {
    "followed",
    "copied",
    "incident_head",
    "running",
    "triggers_since",
    "unsaid",
}


async def _write_secrets(store: Store) -> set[str]:
    """Secrets through every write; the names of the methods that took them."""
    asked = replace(context(), near=replace(context().near, title=TEXT))
    check_id = (await store.begin_check(asked, Origin(TEXT), TEXT, NOW, TTL)).check_id
    await store.acquire_lease("seoul:busan", check_id, TEXT, NOW, TTL)
    await store.set_context(check_id, asked, NOW)
    printed = raw(1, *LINES)
    argv = ("ddpconnchk", "-u", "ddboost", "-p", PASSWORD)
    lines = (Line(NOW, f"password: {PASSWORD}", error=True), *printed.transcript.lines)
    printed = replace(printed, transcript=replace(printed.transcript, argv=argv, lines=lines))
    await store.hear(check_id, printed)
    await store.add_observation(check_id, replace(printed, id="o2", variant=TEXT))
    await store.add_observation(check_id, raw(3, TEXT))
    await store.add_gap(
        check_id, Gap("ping", Phase.BASELINE, "seoul/avamar", None, GapKind.BROKEN, TEXT), NOW
    )
    await store.add_tools(check_id, "seoul/avamar", Tools({"x": Tool(TEXT, TEXT)}), NOW)
    await store.add_event(check_id, TEXT, BODY, NOW)
    await store.record_residue(check_id, TEXT, TEXT, NOW)
    await store.record_consent(check_id, TEXT, TEXT, NOW)
    await store.record_trigger(check_id, TEXT, BODY, NOW, by_person=True)
    await store.save_verdict(check_id, {**BODY, "outcome": "fault", "cause": TEXT}, NOW)
    await store.ask_to_stop(check_id, TEXT, NOW)
    incident = (await store.check(check_id)).incident_id
    await store.acknowledge(incident, TEXT, NOW)
    await store.close_incident(incident, TEXT, NOW)
    await store.inbox.take_in("k", TEXT, BODY, NOW)
    await store.inbox.claim("c", BODY, NOW)
    await store.inbox.done_with("k", BODY, NOW)
    await store.outbox.say([Say("k", "post", TEXT, BODY)], NOW)
    await store.outbox.failed("k", TEXT, unsure=True)
    await store.freezes.freeze(TEXT, TEXT, NOW)
    await store.freezes.lift(None, TEXT, NOW)
    await store.audit.note(Entry(NOW, TEXT, TEXT, TEXT, TEXT, BODY))
    return {
        *("ask_to_stop", "acknowledge", "close_incident"),
        *("begin_check", "acquire_lease", "set_context", "hear", "add_observation", "add_gap"),
        *("add_tools", "add_event", "record_residue", "record_consent", "record_trigger"),
        "save_verdict",
    }


def _found(folder: Path) -> set[tuple[str, str]]:
    """(file, secret) over every file of the store: the database, its log, its index."""
    assert (folder / "replcheck.db").stat().st_size
    return {
        (path.name, secret)
        for path in folder.iterdir()
        for secret in SECRETS
        if secret.encode() in path.read_bytes()
    }


async def test_no_secret_reaches_the_disk(tmp_path: Path) -> None:
    store = await Store.open(tmp_path / "replcheck.db")
    written = await _write_secrets(store)
    public = {name for name, _ in inspect.getmembers(Store, inspect.isfunction)}
    public |= {name for name, _ in inspect.getmembers(Store, inspect.ismethod)}
    assert {name for name in public if name[0] != "_"} == written | PLAIN | READS
    assert _found(tmp_path) == set()
    await store.close()
    assert _found(tmp_path) == set()


async def test_the_search_would_find_what_is_there(tmp_path: Path) -> None:
    async with await Store.open(tmp_path / "replcheck.db") as store:
        await store.begin_check(context(), Origin(f"harmless {COMMUNITY}"), "h", NOW, TTL)
        assert {secret for _, secret in _found(tmp_path)} == {COMMUNITY}


async def test_what_is_not_secret_is_kept_word_for_word(tmp_path: Path) -> None:
    ordinary = ("rpcinfo -p 10.82.10.12", "   100000    4   tcp    111  portmapper", "")
    async with await Store.open(tmp_path / "replcheck.db") as store:
        check_id = (await store.begin_check(context(), Origin("alice"), "h", NOW, TTL)).check_id
        await store.add_observation(check_id, raw(1, *ordinary))
        rows = await store._database.read(lambda rows: rows.one("SELECT raw FROM observations"))
    assert rows is not None
    for line in ordinary:
        assert line in rows["raw"]
