"""Files: an address to upload to, the upload, and its completion, which shows up later."""

from __future__ import annotations

import mimetypes

from aiohttp import web

from bot.demo.workspace import messages
from bot.demo.workspace.api.call import Call
from bot.demo.workspace.model import Channel, File, Json, SlackError
from bot.demo.workspace.state import Workspace

_MOST_ALT_TEXT = 1000  # the reference of files.getUploadURLExternal: alt_txt_too_large


async def get_upload_url(call: Call) -> Json:
    args = call.args
    length = args.number("length", 0, 10**12)
    if length <= 0:
        raise SlackError("missing_argument")
    alt_txt = args.text("alt_txt") or None
    if alt_txt is not None and len(alt_txt) > _MOST_ALT_TEXT:
        raise SlackError("alt_txt_too_large")
    workspace = call.workspace
    name = args.required("filename", "missing_argument")
    file = File(workspace.new_id("F"), name, length, alt_txt, workspace.new_id("U"))
    file.mimetype = mimetypes.guess_type(name)[0] or file.mimetype
    workspace.files[file.id] = file
    return {"upload_url": f"{workspace.base_url}/upload/{file.ticket}", "file_id": file.id}


async def posted_file(request: web.Request) -> bytes:
    """What is posted to an upload's address: the bytes, or a form with one file."""
    if request.content_type != "multipart/form-data":
        return await request.read()
    fields = [f for f in (await request.post()).values() if isinstance(f, web.FileField)]
    return fields[0].file.read() if fields else b""


def take_upload(workspace: Workspace, ticket: str, content: bytes) -> web.Response:
    """Fills the file of this address, once."""
    file = next((f for f in workspace.files.values() if f.ticket == ticket), None)
    if file is None or file.content is not None:
        return web.Response(status=404, text="no such upload")
    if len(content) != file.length:
        return web.Response(status=400, text="the length is not the one announced")
    file.content = content
    return web.Response(text=f"OK - {len(content)}")


async def complete_upload(call: Call) -> Json:
    """Takes note of the files; the message that shares them appears a little later."""
    listed = call.args.structure("files", "invalid_arguments")
    if not isinstance(listed, list) or not listed:
        raise SlackError("invalid_arguments")
    files = [_uploaded(call, item) for item in listed]
    channel = _target(call)
    blocks = call.args.structure("blocks", "invalid_blocks_format")
    said: Json = {"text": call.args.text("initial_comment")}
    if blocks:
        said["blocks"] = messages.checked_blocks(blocks, call.workspace)
    for file in files:
        file.completed = True
    if channel is not None:
        thread = call.args.text("thread_ts")
        call.workspace.spawn(_share(call, channel, files, said, thread))
    return {"files": [{"id": file.id, "title": file.title} for file in files]}


def _target(call: Call) -> Channel | None:
    if not call.args.text("channel_id"):
        return None
    channel = call.channel("channel_id")
    call.need_member(channel)
    if channel.is_archived:
        raise SlackError("is_archived")
    return channel


def _uploaded(call: Call, item: object) -> File:
    file = call.workspace.files.get(str(item.get("id"))) if isinstance(item, dict) else None
    if file is None or file.content is None:
        raise SlackError("file_not_found")
    if file.completed:
        raise SlackError("invalid_arguments")
    assert isinstance(item, dict)  # noqa: S101 - a file was found by its id
    file.title = str(item.get("title") or file.name)
    return file


async def _share(call: Call, channel: Channel, files: list[File], said: Json, thread: str) -> None:
    await call.workspace.clock.sleep(call.workspace.file_seconds)
    shown = [shown_file(call.workspace, file, call.app.bot_user) for file in files]
    author = messages.bot_author(call.workspace)
    said = {**said, "subtype": "file_share", "files": shown, "upload": True}
    messages.post(call.courier, channel, author, said, thread)


def shown_file(workspace: Workspace, file: File, user: str) -> Json:
    """A file as messages carry it."""
    address = f"{workspace.base_url}/files/{file.id}/{file.name}"
    return {
        "id": file.id,
        "name": file.name,
        "title": file.title,
        "alt_txt": file.alt_txt,
        "mimetype": file.mimetype,
        "filetype": file.name.rpartition(".")[2],
        "size": file.length,
        "user": user,
        "mode": "hosted",
        "url_private": address,
        "url_private_download": address,
        "permalink": address,
    }
