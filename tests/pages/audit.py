"""What a page owes to readers who do not see it as its maker does, asked of the browser itself."""

from __future__ import annotations

from playwright.async_api import Page

_CONTRAST = """
() => {
  const number = (text) => text.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => {
    const part = (v) => (v /= 255) <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
    return 0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b);
  };
  const behind = (element) => {
    for (let each = element; each; each = each.parentElement) {
      const colour = number(getComputedStyle(each).backgroundColor);
      if (colour.length < 4 || colour[3] === 1) return colour;
      if (colour[3] !== 0) throw new Error(`half a background: ${each.outerHTML.slice(0, 80)}`);
    }
    return [255, 255, 255];
  };
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.textContent.trim() || !element.checkVisibility()) continue;
    const style = getComputedStyle(element);
    const a = light(number(style.color)), b = light(behind(element));
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    const size = parseFloat(style.fontSize);
    const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    const named = element.outerHTML.slice(0, 100);
    if (ratio < (large ? 3 : 4.5)) found.push(`${ratio.toFixed(2)}: ${named}`);
  }
  return found;
}
"""
_STRUCTURE = """
() => {
  const wrong = [];
  const all = (selector) => [...document.querySelectorAll(selector)];
  const say = (what, element) => wrong.push(`${what}: ${element.outerHTML.slice(0, 100)}`);
  if (all("h1").length !== 1) wrong.push("not one h1");
  let level = 0;
  for (const heading of all("h1, h2, h3, h4")) {
    const now = Number(heading.tagName[1]);
    if (now > level + 1) say("a level is left out", heading);
    if (!heading.textContent.trim()) say("an empty heading", heading);
    level = now;
  }
  for (const landmark of ["header", "main", "footer"]) {
    if (all(landmark).length !== 1) wrong.push(`not one ${landmark}`);
  }
  for (const nav of all("nav")) if (!nav.getAttribute("aria-label")) say("a nameless nav", nav);
  for (const field of all("input:not([type=hidden]), select, textarea")) {
    if (!field.labels.length) say("no label", field);
  }
  for (const image of all("img")) if (!image.alt) say("no words for it", image);
  for (const active of all("a, button, summary")) {
    if (!active.textContent.trim()) say("nameless", active);
  }
  for (const cell of all("th")) if (!cell.scope) say("no scope", cell);
  for (const by of all("[aria-labelledby]")) {
    if (!document.getElementById(by.getAttribute("aria-labelledby"))) say("named by nothing", by);
  }
  for (const link of all('a[href^="#"]')) {
    if (!document.getElementById(link.hash.slice(1))) say("leads nowhere", link);
  }
  const ids = all("[id]").map((each) => each.id);
  for (const id of new Set(ids)) {
    if (ids.filter((each) => each === id).length > 1) wrong.push(`twice: #${id}`);
  }
  for (const box of all("*")) {
    if (box.scrollWidth > box.clientWidth + 1 && getComputedStyle(box).overflowX === "auto"
        && box.checkVisibility() && box.tabIndex < 0) say("scrolls without a keyboard", box);
  }
  if (!document.documentElement.lang) wrong.push("no language");
  if (!document.title) wrong.push("no title");
  return wrong;
}
"""


async def contrast(page: Page) -> list[str]:
    """Text that has less than 4.5 to 1 (large text 3 to 1) against what lies behind it."""
    return list(await page.evaluate(_CONTRAST))


async def structure(page: Page) -> list[str]:
    """What a screen reader or a keyboard would stumble over."""
    return list(await page.evaluate(_STRUCTURE))


async def sideways(page: Page) -> bool:
    """Is the page wider than its window?"""
    wide = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
    return bool(await page.evaluate(wide))
