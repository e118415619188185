"""What a person chose or typed in an element, in the shape of Slack's `state.values` (pure)."""

from __future__ import annotations

from bot.demo.workspace.messages import elements_of
from bot.demo.workspace.model import Json

# Each element's key in its state, and the key of what it shows at first.
_KEYS = {
    "static_select": ("selected_option", "initial_option"),
    "multi_static_select": ("selected_options", "initial_options"),
    "radio_buttons": ("selected_option", "initial_option"),
    "checkboxes": ("selected_options", "initial_options"),
    "overflow": ("selected_option", ""),
    "users_select": ("selected_user", "initial_user"),
    "multi_users_select": ("selected_users", "initial_users"),
    "channels_select": ("selected_channel", "initial_channel"),
    "multi_channels_select": ("selected_channels", "initial_channels"),
    "conversations_select": ("selected_conversation", "initial_conversation"),
    "multi_conversations_select": ("selected_conversations", "initial_conversations"),
    "datepicker": ("selected_date", "initial_date"),
    "timepicker": ("selected_time", "initial_time"),
    "datetimepicker": ("selected_date_time", "initial_date_time"),
    "plain_text_input": ("value", "initial_value"),
    "email_text_input": ("value", "initial_value"),
    "url_text_input": ("value", "initial_value"),
    "number_input": ("value", "initial_value"),
    "rich_text_input": ("rich_text_value", "initial_value"),
    "file_input": ("files", ""),
}
_STATELESS = ("button", "overflow", "image")
REQUIRED = "Please complete this required field."


def chosen(element: Json, selected: object) -> Json:
    """The state of one element after a choice: an id, an option's value, or the state itself."""
    key, _ = _KEYS[element["type"]]
    if isinstance(selected, dict) and key in selected:
        return {"type": element["type"], key: selected[key]}
    if key == "selected_option" and not isinstance(selected, dict):
        selected = _option(element, selected)
    if key == "selected_options" and isinstance(selected, list):
        selected = [_option(element, s) if isinstance(s, str) else s for s in selected]
    return {"type": element["type"], key: selected}


def initial(blocks: list[Json]) -> Json:
    """`state.values` before a person touched anything."""
    values: Json = {}
    for block in blocks:
        for element in elements_of(block):
            if element["type"] in _STATELESS:
                continue
            key, at_first = _KEYS[element["type"]]
            empty: object = [] if key == "selected_options" else None
            state = {"type": element["type"], key: element.get(at_first, empty)}
            values.setdefault(block["block_id"], {})[element["action_id"]] = state
    return values


def merged(blocks: list[Json], given: Json) -> Json:
    """The initial values, overlaid with what a person gave; what no element asks for is dropped."""
    values = initial(blocks)
    for block_id, actions in values.items():
        for action_id, state in actions.items():
            found = given.get(block_id, {}).get(action_id)
            if isinstance(found, dict):
                state.update({key: found[key] for key in state if key in found and key != "type"})
    return values


def refused(blocks: list[Json], values: Json) -> dict[str, str]:
    """What Slack's own window refuses before the app is asked, by block."""
    errors: dict[str, str] = {}
    for block in blocks:
        if block["type"] != "input":
            continue
        element = block["element"]
        state = values[block["block_id"]][element["action_id"]]
        value = state[_KEYS[element["type"]][0]]
        if not value and not block.get("optional"):
            errors[block["block_id"]] = REQUIRED
        elif isinstance(value, str) and len(value) > element.get("max_length", 3000):
            errors[block["block_id"]] = f"At most {element.get('max_length', 3000)} characters."
        elif isinstance(value, str) and 0 < len(value) < element.get("min_length", 0):
            errors[block["block_id"]] = f"At least {element['min_length']} characters."
    return errors


def find(blocks: list[Json], block_id: str, action_id: str) -> Json | None:
    """The element of these ids."""
    for block in blocks:
        if block.get("block_id") == block_id:
            for element in elements_of(block):
                if element.get("action_id") == action_id:
                    return element
    return None


def _option(element: Json, value: object) -> Json | None:
    groups = element.get("option_groups", [{"options": element.get("options", [])}])
    for group in groups:
        for option in group["options"]:
            if option["value"] == value:
                return dict(option)
    return None
