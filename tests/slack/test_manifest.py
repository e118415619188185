"""The app's manifest: valid for Slack, and asking for what the code needs and no more."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack.connection import SCOPES
from tests.slack.office import MANIFEST, MANIFEST_FILE

# Slack's documentation of each method, "Required scopes" of bot tokens. The methods of the
# conversations family need one for each kind of conversation that they are used on: public and
# private channels, and direct messages with the bot.
READ = {"channels:read", "groups:read", "im:read"}
HISTORY = {"channels:history", "groups:history", "im:history"}
NEEDS: dict[str, set[str]] = {
    "apps_connections_open": set(),  # the app token's connections:write
    "auth_test": set(),
    "chat_delete": {"chat:write"},
    "chat_getPermalink": set(),
    "chat_postEphemeral": {"chat:write"},
    "chat_postMessage": {"chat:write"},
    "chat_update": {"chat:write"},
    "conversations_history": HISTORY,
    "conversations_info": READ,
    "conversations_list": {"channels:read", "groups:read"},
    "conversations_members": READ,
    "conversations_open": {"im:write"},
    "conversations_replies": HISTORY,
    "files_completeUploadExternal": {"files:write"},
    "files_getUploadURLExternal": {"files:write"},
    "usergroups_list": {"usergroups:read"},
    "usergroups_users_list": {"usergroups:read"},
    "users_info": {"users:read"},
    "users_list": {"users:read"},
    "views_open": set(),
    "views_push": set(),
    "views_update": set(),
}
EVENT_NEEDS = {"app_mention": "app_mentions:read"}
METHODS = {
    name
    for name in dir(AsyncWebClient)
    if "_" in name.strip("_")
    and not name.startswith("_")
    and callable(getattr(AsyncWebClient, name))
} - {"api_call"}


def nodes() -> Iterator[ast.AST]:
    for file in sorted(MANIFEST_FILE.parent.rglob("*.py")):
        yield from ast.walk(ast.parse(file.read_text()))


def called() -> set[str]:
    """The Web API methods that the code names, as the SDK's client has them."""
    attributes = {node.attr for node in nodes() if isinstance(node, ast.Attribute)}
    assert "api_call" not in attributes, "a method called by its name is not seen here"
    return attributes & METHODS


def registered(kind: str) -> set[str]:
    """What the code registers by name: `app.command("/replcheck")` …"""
    return {
        str(call.args[0].value)
        for call in nodes()
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Attribute)
        and call.func.attr == kind
        and isinstance(call.func.value, ast.Name)
        and call.func.value.id == "app"
        and call.args
        and isinstance(call.args[0], ast.Constant)
    }


def test_the_search_finds_calls() -> None:
    assert {"auth_test", "apps_connections_open"} <= called()


def test_no_listener_is_lazy() -> None:
    """What a lazy listener raises reaches nobody (facts/slack.md, pitfall 2)."""
    given = {w.arg for node in nodes() if isinstance(node, ast.Call) for w in node.keywords}
    assert "lazy" not in given


def test_every_listener_is_guarded() -> None:
    """`app.command(…)(guarded(…))`, and never without (pitfall 1)."""
    for node in nodes():
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Call):
            maker = node.func.func
            if isinstance(maker, ast.Attribute) and ast.unparse(maker.value) == "app":
                assert ast.unparse(node.args[0]).startswith("guarded("), ast.unparse(node)


def test_every_method_that_is_called_has_its_scopes_written_down() -> None:
    assert called() - NEEDS.keys() == set()


def test_the_scopes_are_what_the_code_needs_and_no_more() -> None:
    asked = set(MANIFEST["oauth_config"]["scopes"]["bot"])
    needed = set().union(*(NEEDS[method] for method in called()))
    needed |= {EVENT_NEEDS[event] for event in registered("event")}
    needed |= {"commands"} if registered("command") | registered("shortcut") else set()
    assert asked - needed == set(), "more than is needed"
    assert needed - asked == set(), "less than is needed"


def test_scopes_are_sorted_and_each_says_why() -> None:
    scopes = MANIFEST["oauth_config"]["scopes"]["bot"]
    assert scopes == sorted(set(scopes))
    lines = MANIFEST_FILE.read_text().splitlines()
    for scope in scopes:
        line = next(line for line in lines if line.strip().startswith(f"- {scope} "))
        assert len(line.partition("#")[2].strip()) > 5


def test_the_running_bot_looks_for_the_same_scopes() -> None:
    assert set(MANIFEST["oauth_config"]["scopes"]["bot"]) == SCOPES


@pytest.mark.parametrize(
    ("kind", "named"),
    [
        ("command", {c["command"] for c in MANIFEST["features"]["slash_commands"]}),
        ("shortcut", {s["callback_id"] for s in MANIFEST["features"]["shortcuts"]}),
        ("event", set(MANIFEST["settings"]["event_subscriptions"]["bot_events"])),
    ],
)
def test_what_the_code_listens_to_is_what_slack_will_send(kind: str, named: set[str]) -> None:
    assert registered(kind) == named


def test_buttons_need_interactivity() -> None:
    assert MANIFEST["settings"]["interactivity"] == {"is_enabled": True}
    assert MANIFEST["settings"]["socket_mode_enabled"] is True


# --- what Slack takes (its app manifest reference) ----------------------------------------


def text(longest: int, pattern: str = "") -> dict[str, Any]:
    return {"type": "string", "minLength": 1, "maxLength": longest, "pattern": pattern}


def only(needed: dict[str, Any], **others: Any) -> dict[str, Any]:
    """An object with these keys and no other."""
    known = {**needed, **others}
    return {
        "type": "object",
        "properties": known,
        "required": list(needed),
        "additionalProperties": False,
    }


def many(what: dict[str, Any], most: int) -> dict[str, Any]:
    return {"type": "array", "items": what, "maxItems": most, "uniqueItems": True}


YES = {"type": "boolean"}
URL = text(3000, "^https://")
COMMAND = only(
    {"command": text(32, "^/[a-z0-9_-]+$"), "description": text(2000)},
    usage_hint=text(1000),
    should_escape=YES,
    url=URL,
)
SHORTCUT = only(
    {
        "name": text(24),
        "callback_id": text(255),
        "description": text(150),
        "type": {"enum": ["message", "global"]},
    }
)
SCHEMA = only(
    {
        "display_information": only(
            {"name": text(35)},
            description=text(140),
            long_description={"type": "string", "minLength": 174, "maxLength": 4000},
            background_color=text(7, "^#([0-9a-fA-F]{3}){1,2}$"),
        )
    },
    _metadata=only({}, major_version={"enum": [1, 2]}, minor_version={"type": "integer"}),
    features=only(
        {},
        app_home=only(
            {},
            home_tab_enabled=YES,
            messages_tab_enabled=YES,
            messages_tab_read_only_enabled=YES,
        ),
        bot_user=only({"display_name": text(80, r"^[a-z0-9._-]+$")}, always_online=YES),
        slash_commands=many(COMMAND, 50),
        shortcuts=many(SHORTCUT, 10),
    ),
    oauth_config=only({}, scopes=only({}, bot=many(text(80), 255))),
    settings=only(
        {},
        event_subscriptions=only({}, bot_events=many(text(80), 100), request_url=URL),
        interactivity=only({"is_enabled": YES}, request_url=URL),
        org_deploy_enabled=YES,
        socket_mode_enabled=YES,
        token_rotation_enabled=YES,
    ),
)


def test_the_manifest_is_in_slacks_form() -> None:
    jsonschema.Draft202012Validator(SCHEMA).validate(MANIFEST)


def test_the_form_would_notice_a_mistake() -> None:
    wrong = {**MANIFEST, "features": {**MANIFEST["features"], "slash_command": []}}
    with pytest.raises(jsonschema.ValidationError, match="slash_command"):
        jsonschema.Draft202012Validator(SCHEMA).validate(wrong)
