"""Calls the page's own renderers in the browser, and reads back what they made."""

from __future__ import annotations

import html
from dataclasses import dataclass
from typing import Any

from tests.slack.browser import Person

ME = {"id": "U1", "name": "mina", "real_name": "Mina Park", "locale": "ko-KR", "tz": "Asia/Seoul"}
_DATA: dict[str, Any] = {
    "me": ME,
    "users": [ME, {"id": "U2", "name": "alex", "real_name": "Alex Reed"}],
    "channels": [{"id": "C1", "name": "backup-incidents"}],
    "groups": [{"id": "S1", "handle": "network-ops"}],
    "commands": [],
    "shortcuts": [],
}
_RENDER = """async ([module, name, inputs, data]) => {
  const { contextOf } = await import("/page/context.js");
  const { el } = await import("/page/dom.js");
  const renderer = (await import(`/page/${module}.js`))[name];
  const ctx = contextOf(data, "C1", {}).at({ channel: "C1", ts: "1.0" });
  return inputs.map((input) => {
    const node = el("div", {}, renderer(input, ctx));
    const all = [...node.querySelectorAll("*")];
    return {
      html: node.innerHTML,
      text: node.textContent,
      tags: all.map((each) => each.localName),
      links: all.filter((each) => each.href || each.src).map((each) => each.href || each.src),
      attributes: all.flatMap((each) => each.getAttributeNames()),
    };
  });
}"""


@dataclass(frozen=True)
class Rendered:
    """html: as the browser writes it down; links: every address that the nodes lead to or load."""

    html: str
    text: str
    tags: list[str]
    links: list[str]
    attributes: list[str]


async def render(person: Person, module: str, name: str, *inputs: object) -> list[Rendered]:
    """Each input through `name` of the page's `module`.js."""
    made = await person.page.evaluate(_RENDER, [module, name, list(inputs), _DATA])
    return [Rendered(**each) for each in made]


async def mrkdwn(person: Person, text: str) -> str:
    """The markup that the text becomes."""
    (made,) = await render(person, "mrkdwn", "mrkdwn", text)
    return html.unescape(made.html)
