// The rich_text block → nodes. Its texts are raw: neither markers nor entities are read in them.

import { el } from "./dom.js";
import { channelMention, dateNode, emojiNode, groupMention, link, userMention } from "./mrkdwn.js";

/** The nodes of a rich_text block, or of a table's rich_text cell. */
export const richText = (block, ctx) => block.elements.map((element) => part(element, ctx));

function part(element, ctx) {
  const inside = () => element.elements.map((piece) => leaf(piece, ctx));
  switch (element.type) {
    case "rich_text_section":
      return el("div.rich", {}, inside());
    case "rich_text_preformatted":
      return el("pre", { tabindex: 0 }, el("code", {}, inside()));
    case "rich_text_quote":
      return el("blockquote", {}, inside());
    case "rich_text_list":
      return list(element, ctx);
    default:
      return el("div.unknown", {}, `[${element.type}]`);
  }
}

function list(element, ctx) {
  const tag = element.style === "ordered" ? "ol" : "ul";
  const props = { class: `indent-${Math.min(element.indent ?? 0, 8)}` };
  if (element.offset) props.start = element.offset + 1;
  return el(tag, props, element.elements.map((item) => el("li", {}, richText({ elements: [item] }, ctx))));
}

function leaf(piece, ctx) {
  return styled(content(piece, ctx), piece.style ?? {});
}

function content(piece, ctx) {
  switch (piece.type) {
    case "text":
      return piece.text;
    case "link":
      return link(piece.url, piece.text || piece.url);
    case "emoji":
      return emojiNode(piece.name) ?? `:${piece.name}:`;
    case "user":
      return userMention(piece.user_id, ctx);
    case "channel":
      return channelMention(piece.channel_id, ctx);
    case "usergroup":
      return groupMention(piece.usergroup_id, ctx);
    case "broadcast":
      return el("span.mention", {}, `@${piece.range}`);
    case "date":
      return dateNode(piece.timestamp, piece.format, piece.url, piece.fallback ?? null, ctx);
    default:
      return el("span.unknown", {}, `[${piece.type}]`);
  }
}

const STYLES = { code: "code", bold: "strong", italic: "em", strike: "del", underline: "u" };

function styled(node, style) {
  return Object.entries(STYLES).reduce(
    (inner, [name, tag]) => (style[name] ? el(tag, {}, inner) : inner),
    node,
  );
}
