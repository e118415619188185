// Slack's mrkdwn → nodes. Its rules are Slack's own, also where they surprise: a marker counts only
// at the edge of a word, so `*서울*의` stays as it is written.

import { el, safeAddress } from "./dom.js";
import { emoji, withEmoji } from "./emoji.js";
import { dateText } from "./when.js";

const TAGS = { "*": "strong", _: "em", "~": "del" };
const WORD = /[\p{L}\p{N}_]/u;
const ADDRESS = /https?:\/\/[^\s<>|`"]+/y;
const EMOJI = /:([a-z0-9_+-]+):/y;
const CODE = /`([^`\n]+)`/y;
const ANGLE = /<([^<>\n]+)>/y;
const ENTITIES = { "&lt;": "<", "&gt;": ">", "&amp;": "&" };

/** The three entities that Slack knows, undone once. */
export const unescape = (text) => text.replace(/&(?:lt|gt|amp);/g, (entity) => ENTITIES[entity]);

/** A text object of Block Kit → nodes. */
export function textObject(object, ctx) {
  if (object.type === "mrkdwn") return mrkdwn(object.text, ctx);
  return [plain(object)];
}

/** The characters of a plain_text object (or of any, for names and tips). */
export const plain = (object) =>
  object.emoji === false ? unescape(object.text) : withEmoji(unescape(object.text));

/** `text` → nodes: fenced code, quotes, then what stands within a line. */
export function mrkdwn(text, ctx) {
  return text.split(/```([\s\S]+?)```/).flatMap((part, index) =>
    index % 2 ? el("pre", { tabindex: 0 }, el("code", {}, codeText(part, ctx))) : paragraphs(part, ctx),
  );
}

function paragraphs(text, ctx) {
  const nodes = [];
  const lines = trimBreaks(text).split("\n");
  while (lines.length) {
    const quoted = takeQuote(lines);
    if (quoted) nodes.push(el("blockquote", {}, inline(quoted.join("\n"), ctx)));
    else nodes.push(...takeLines(lines, ctx));
  }
  return nodes;
}

// A fence or a quote is a block of its own: the line break beside it is not an empty line.
const trimBreaks = (text) => text.replace(/^\n|\n$/g, "");
const QUOTE = /^(?:&gt;|>) ?/;

function takeQuote(lines) {
  const rest = /^(?:&gt;|>){3} ?/.exec(lines[0]);
  if (rest) return [lines.shift().slice(rest[0].length), ...lines.splice(0)];
  let count = 0;
  while (count < lines.length && QUOTE.test(lines[count])) count += 1;
  return count ? lines.splice(0, count).map((line) => line.replace(QUOTE, "")) : null;
}

function takeLines(lines, ctx) {
  let count = 1;
  while (count < lines.length && !QUOTE.test(lines[count])) count += 1;
  return inline(lines.splice(0, count).join("\n"), ctx);
}

function inline(text, ctx) {
  const nodes = [];
  let written = "";
  const flush = () => {
    if (written) nodes.push(unescape(written));
    written = "";
  };
  for (let at = 0; at < text.length; ) {
    const found = token(text, at, ctx);
    if (found) {
      flush();
      nodes.push(found.node);
      at += found.length;
    } else {
      written += text[at];
      at += 1;
    }
  }
  flush();
  return nodes;
}

function token(text, at, ctx) {
  const sign = text[at];
  if (sign === "`") return match(CODE, text, at, (code) => el("code", {}, codeText(code, ctx)));
  if (sign === "<") return match(ANGLE, text, at, (inside) => angle(inside, ctx));
  if (sign === ":") return match(EMOJI, text, at, (name) => emojiNode(name));
  if (sign in TAGS) return styled(text, at, ctx);
  if (sign === "h" && !WORD.test(text[at - 1] ?? "")) return bareAddress(text, at);
  return null;
}

function match(pattern, text, at, make) {
  pattern.lastIndex = at;
  const found = pattern.exec(text);
  const node = found && make(found[1]);
  return node ? { node, length: found[0].length } : null;
}

export function emojiNode(name) {
  const sign = emoji(name);
  return sign && el("span.emoji", { role: "img", "aria-label": name.replaceAll("_", " ") }, sign);
}

function bareAddress(text, at) {
  ADDRESS.lastIndex = at;
  const found = ADDRESS.exec(text)?.[0].replace(/[.,;:!?)\]*_~]+$/, "");
  return found ? { node: link(unescape(found), unescape(found)), length: found.length } : null;
}

function styled(text, at, ctx) {
  const end = closing(text, at);
  if (end === null) return null;
  const inside = inline(text.slice(at + 1, end), ctx);
  return { node: el(TAGS[text[at]], {}, inside), length: end + 1 - at };
}

function closing(text, start) {
  const sign = text[start];
  const next = text[start + 1] ?? " ";
  if (WORD.test(text[start - 1] ?? "") || /\s/.test(next) || next === sign) return null;
  for (let at = start + 1; at < text.length && text[at] !== "\n"; at += 1) {
    const skip = skipped(text, at);
    if (skip) at += skip - 1;
    else if (text[at] === sign && !/\s/.test(text[at - 1]) && !WORD.test(text[at + 1] ?? "")) return at;
  }
  return null;
}

function skipped(text, at) {
  const pattern = { "`": CODE, "<": ANGLE }[text[at]];
  if (!pattern) return 0;
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0].length ?? 0;
}

/** Code keeps its characters; an address or mention in it shows as its words. */
function codeText(code, ctx) {
  return unescape(trimBreaks(code).replace(/<([^<>\n]+)>/g, (_, inside) => angle(inside, ctx).textContent));
}

function angle(inside, ctx) {
  const bar = inside.indexOf("|");
  const target = bar < 0 ? inside : inside.slice(0, bar);
  const label = bar < 0 ? null : unescape(inside.slice(bar + 1));
  if (target[0] === "@") return userMention(target.slice(1), ctx, label);
  if (target[0] === "#") return channelMention(target.slice(1), ctx, label);
  if (target[0] === "!") return special(target.slice(1), label, ctx);
  return link(unescape(target), label === null ? unescape(target) : withEmoji(label));
}

function special(target, label, ctx) {
  const [kind, ...rest] = target.split("^");
  if (kind === "date") return dateNode(rest[0], rest[1] ?? "", rest[2], label, ctx);
  if (kind === "subteam") return groupMention(rest[0], ctx, label);
  return mention(label ?? `@${kind}`);
}

const mention = (text, mine = false) => el(mine ? "span.mention.mine" : "span.mention", {}, text);

/** @name; the reader's own stands out. */
export const userMention = (id, ctx, label = null) =>
  mention(`@${ctx.users.get(id) ? ctx.nameOf(id) : (label ?? id)}`, id === ctx.me.id);

/** @handle of a user group. */
export const groupMention = (id, ctx, label = null) =>
  mention(`@${ctx.groups.get(id) ?? (label ?? id).replace(/^@/, "")}`);

/** #name, to go there where the reader may. */
export function channelMention(id, ctx, label = null) {
  const channel = ctx.channels.get(id);
  if (!channel) return mention(`#${label ?? id}`);
  const address = new URLSearchParams({ as: ctx.me.id, channel: id });
  return el("a.mention", { href: `/?${address}` }, `#${channel.name}`);
}

/** A moment in the reader's zone and language; the fallback where it can't be read. */
export function dateNode(timestamp, format, address, fallback, ctx) {
  const text = dateText(String(timestamp ?? ""), unescape(format), ctx.me);
  if (text === null) return el("span", {}, fallback ?? "");
  if (address && safeAddress(unescape(address))) return link(unescape(address), text);
  const iso = new Date(Number(timestamp) * 1000).toISOString();
  return el("time", { datetime: iso, title: fallback }, text);
}

/** A link, or its words alone where a person must not follow it. */
export function link(address, ...words) {
  const href = safeAddress(address);
  if (!href) return el("span", {}, ...words);
  return el("a", { href, target: "_blank", rel: "noopener noreferrer" }, ...words);
}
