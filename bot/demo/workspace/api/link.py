"""auth.test and apps.connections.open."""

from __future__ import annotations

from bot.demo.workspace.api.call import Call
from bot.demo.workspace.model import Json, SlackError

_DEAD_ADDRESS = "ws://127.0.0.1:9/link/?ticket=dead"  # the discard port: nobody listens there
_MOST_SOCKETS = 10


async def auth_test(call: Call) -> Json:
    workspace = call.workspace
    return {
        "url": f"{workspace.base_url}/",
        "team": workspace.name,
        "user": workspace.users[call.app.bot_user].name,
        "team_id": workspace.team_id,
        "user_id": call.app.bot_user,
        "bot_id": call.app.bot_id,
        "is_enterprise_install": False,
    }


async def connections_open(call: Call) -> Json:
    """An address that serves for one connection."""
    if not call.app.socket_mode:
        raise SlackError("socket_mode_not_enabled")
    if call.workspace.faults.strike(("dead_address",), call.method) is not None:
        return {"url": _DEAD_ADDRESS}
    sockets = call.courier.sockets
    if sockets.count >= _MOST_SOCKETS:
        raise SlackError("too_many_websockets")
    base = call.workspace.base_url.replace("http://", "ws://", 1)
    return {"url": f"{base}/link/?ticket={sockets.ticket()}&app_id={call.app.id}"}
