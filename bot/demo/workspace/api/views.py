"""Modals and the Home: views.open, push, update and publish."""

from __future__ import annotations

from bot.demo.workspace import limits
from bot.demo.workspace.api.call import Call
from bot.demo.workspace.messages import refuse, with_ids
from bot.demo.workspace.model import Json, SlackError, View
from bot.demo.workspace.payloads import shown_view
from bot.demo.workspace.state import Workspace

_TRIGGER_SECONDS = 3.0
_MOST_STACKED = 3


async def open_modal(call: Call) -> Json:
    definition = checked(call.workspace, _given(call))
    user = take_trigger(call.workspace, call.args.required("trigger_id", "invalid_arguments"))
    return _answer(call, show(call.workspace, user, definition, None))


async def push(call: Call) -> Json:
    """A modal over the person's open one."""
    definition = checked(call.workspace, _given(call))
    user = take_trigger(call.workspace, call.args.required("trigger_id", "invalid_arguments"))
    stack = stacked(call.workspace, user)
    if not stack:
        raise SlackError("not_found")
    if len(stack) >= _MOST_STACKED:
        raise SlackError("push_limit_reached")
    return _answer(call, show(call.workspace, user, definition, stack[-1]))


async def update(call: Call) -> Json:
    definition = checked(call.workspace, _given(call))
    view = _named(call)
    if call.args.text("hash") not in ("", view.hash):
        raise SlackError("hash_conflict")
    replace(call.workspace, view, definition)
    return _answer(call, view)


async def publish(call: Call) -> Json:
    definition = checked(call.workspace, _given(call))
    if definition["type"] != "home":
        raise SlackError("invalid_arguments")
    user = call.args.required("user_id", "invalid_arguments")
    if user not in call.workspace.users:
        raise SlackError("user_not_found")
    home = call.workspace.homes.get(user)
    if call.args.text("hash") and (home is None or home.hash != call.args.text("hash")):
        raise SlackError("hash_conflict")
    view = _new(call.workspace, user, definition, None)
    call.workspace.homes[user] = view
    call.workspace.changed(None)
    return _answer(call, view)


def checked(workspace: Workspace, view: object) -> Json:
    """The view with its blocks' ids; SlackError `invalid_arguments` with each mistake."""
    refuse("invalid_arguments", limits.view_mistakes(view))
    assert isinstance(view, dict)  # noqa: S101 - it would have been refused
    return {**view, "blocks": with_ids(view["blocks"], workspace)}


def take_trigger(workspace: Workspace, trigger_id: str) -> str:
    """The person whose act made this trigger; SlackError where it is old, used or unknown."""
    trigger = workspace.triggers.get(trigger_id)
    if trigger is None:
        raise SlackError("invalid_trigger_id")
    if trigger.used:
        raise SlackError("exchanged_trigger_id")
    if workspace.clock.now() - trigger.made > _TRIGGER_SECONDS:
        raise SlackError("expired_trigger_id")
    trigger.used = True
    return trigger.user


def show(workspace: Workspace, user: str, definition: Json, below: View | None) -> View:
    """Opens a modal before a person."""
    external = definition.get("external_id")
    if external and any(v.definition.get("external_id") == external for v in _all(workspace)):
        raise SlackError("duplicate_external_id")
    view = _new(workspace, user, definition, below)
    workspace.views[view.id] = view
    workspace.changed(None)
    return view


def replace(workspace: Workspace, view: View, definition: Json) -> None:
    """The same modal with another content."""
    view.definition = definition
    view.hash = _hash(workspace)
    view.errors = {}
    workspace.changed(None)


def stacked(workspace: Workspace, user: str) -> list[View]:
    """A person's open modals, the one on top last."""
    return [view for view in workspace.views.values() if view.user == user]


def _named(call: Call) -> View:
    """The open view named by `view_id`, or by the app's own `external_id`."""
    view_id, external = call.args.text("view_id"), call.args.text("external_id")
    for view in call.workspace.views.values():
        if view.id == view_id or (external and view.definition.get("external_id") == external):
            return view
    raise SlackError("not_found")


def _given(call: Call) -> object:
    view: object = call.args.structure("view", "invalid_arguments")
    return view


def _all(workspace: Workspace) -> list[View]:
    return [*workspace.views.values(), *workspace.homes.values()]


def _new(workspace: Workspace, user: str, definition: Json, below: View | None) -> View:
    view_id = workspace.new_id("V")
    root = below.root_id if below else view_id
    return View(view_id, user, definition, _hash(workspace), root, below.id if below else None)


def _hash(workspace: Workspace) -> str:
    return f"{int(workspace.clock.now())}.{workspace.new_id('')}"


def _answer(call: Call, view: View) -> Json:
    return {"view": shown_view(call.workspace, view, {})}
