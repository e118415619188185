// Files under a message: pictures in place, texts with their first lines, all to download.

import { fileAddress } from "./api.js";
import { el, icon } from "./dom.js";

const LINES = 8;
const texts = new Map(); // address → text, null while it is on its way

/** The file's node. */
export function file(item, ctx) {
  const address = fileAddress(item.url_private ?? "");
  const title = item.title || item.name;
  const head = el("figcaption.file-head", {},
    el("span.file-title", {}, title),
    address && el("a", { href: address, download: item.name || title, "aria-label": `${ctx.say("download")}: ${title}` }, ctx.say("download")));
  if (!address) return el("figure.file", {}, head);
  if (item.mimetype?.startsWith("image/")) return pictureFile(item, title, address, head);
  const preview = item.mimetype?.startsWith("text/") && textPreview(address, title, ctx);
  return el("figure.file", {}, preview ? head : [icon("file"), head], preview);
}

function pictureFile(item, title, address, head) {
  const image = el("img.wide", { src: address, alt: item.alt_txt || title });
  return el("figure.file.picture", {}, head,
    el("a", { href: address, target: "_blank", rel: "noopener noreferrer" }, image));
}

function textPreview(address, title, ctx) {
  const text = textOf(address, ctx);
  if (text === null) return el("p.quiet", {}, ctx.say("loading"));
  const lines = text.replace(/\n$/, "").split("\n");
  const code = (shown) => el("pre", { tabindex: 0, "aria-label": title }, el("code", {}, shown.join("\n")));
  if (lines.length <= LINES) return code(lines);
  return el("details", {},
    el("summary", {}, ctx.say("all_lines", { count: lines.length }), code(lines.slice(0, LINES))),
    code(lines));
}

function textOf(address, ctx) {
  if (!texts.has(address)) {
    texts.set(address, null);
    fetch(address).then((answer) => answer.text()).catch(() => "").then((text) => {
      texts.set(address, text);
      ctx.redraw();
    });
  }
  return texts.get(address);
}
