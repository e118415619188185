"""Answers to a command or a press: in its ack, or to its response_url."""

from __future__ import annotations

from bot.demo.workspace import messages
from bot.demo.workspace.api.call import Args
from bot.demo.workspace.api.chat import ephemeral
from bot.demo.workspace.deliveries import Courier
from bot.demo.workspace.model import Json, ResponseUrl, SlackError

_MOST_USES = 5
_GOOD_SECONDS = 30 * 60


def use(courier: Courier, url_id: str, body: Json) -> None:
    """One use of a response_url; SlackError `used_url` after 5, `expired_url` after 30 minutes."""
    workspace = courier.workspace
    url = workspace.response_urls.get(url_id)
    if url is None or workspace.clock.now() - url.made > _GOOD_SECONDS:
        raise SlackError("expired_url")
    if url.uses >= _MOST_USES:
        raise SlackError("used_url")
    url.uses += 1
    say(courier, url, body)


def say(courier: Courier, url: ResponseUrl, body: Json) -> None:
    """Shows what the app answers: to one person, to the channel, or in place of the message."""
    workspace, args = courier.workspace, Args(body)
    channel = workspace.channels[url.channel]
    if args.flag("delete_original"):
        _delete(courier, url)
        return
    said = messages.content(args, workspace)
    if args.flag("replace_original") and url.message_ts is not None:
        _replace(courier, url, said)
        return
    author = messages.bot_author(workspace)
    if args.text("response_type") == "in_channel":
        messages.post(courier, channel, author, said, args.text("thread_ts"))
    else:
        ephemeral(courier, channel, url.user, author, said, args.text("thread_ts"))


def _original(courier: Courier, url: ResponseUrl) -> Json:
    channel = courier.workspace.channels[url.channel]
    for message in [*channel.messages.values(), *courier.workspace.ephemerals]:
        if message["ts"] == url.message_ts:
            return message
    raise SlackError("message_not_found")


def _replace(courier: Courier, url: ResponseUrl, said: Json) -> None:
    message = _original(courier, url)
    message.pop("blocks", None)
    message |= said
    courier.workspace.changed(url.channel)


def _delete(courier: Courier, url: ResponseUrl) -> None:
    message = _original(courier, url)
    if message in courier.workspace.ephemerals:
        courier.workspace.ephemerals.remove(message)
    else:
        del courier.workspace.channels[url.channel].messages[message["ts"]]
    courier.workspace.changed(url.channel)
