// The markdown block → nodes: the part of Markdown that Slack shows. HTML in it is text.

import { el } from "./dom.js";
import { withEmoji } from "./emoji.js";
import { link } from "./mrkdwn.js";
import { scrollingTable } from "./table.js";

const FENCE = /^ {0,3}(```+|~~~+)/;
const HEADING = /^ {0,3}(#{1,6})\s+(.*?)\s*#*$/;
const RULE = /^ {0,3}([-*_])(\s*\1){2,}\s*$/;
const QUOTE = /^ {0,3}> ?/;
const ITEM = /^(\s*)([-*+]|\d{1,9}[.)])\s+(.*)$/;
const DIVIDER = /^\s*\|?\s*:?-+:?\s*(\|\s*:?-+:?\s*)*\|?\s*$/;

/** `text` → nodes. */
export function markdown(text) {
  const lines = text.split("\n");
  const nodes = [];
  while (lines.length) {
    const node = takeBlock(lines);
    if (node) nodes.push(node);
  }
  return nodes;
}

function takeBlock(lines) {
  const line = lines[0];
  if (!line.trim()) return void lines.shift();
  if (FENCE.test(line)) return takeFence(lines);
  if (HEADING.test(line)) return heading(lines.shift());
  if (RULE.test(line)) return lines.shift() && el("hr");
  if (QUOTE.test(line)) {
    const quoted = takeWhile(lines, (next) => QUOTE.test(next));
    return el("blockquote", {}, markdown(quoted.map((each) => each.replace(QUOTE, "")).join("\n")));
  }
  if (ITEM.test(line)) return takeList(lines);
  if (line.includes("|") && DIVIDER.test(lines[1] ?? "")) return takeTable(lines);
  return el("p", {}, inline(takeParagraph(lines).join("\n")));
}

function takeWhile(lines, fits) {
  const end = lines.findIndex((line) => !fits(line));
  return lines.splice(0, end < 0 ? lines.length : end);
}

function takeFence(lines) {
  const fence = FENCE.exec(lines.shift())[1];
  const code = takeWhile(lines, (line) => !line.trim().startsWith(fence));
  lines.shift();
  return el("pre", { tabindex: 0 }, el("code", {}, code.join("\n")));
}

function heading(line) {
  const [, marks, words] = HEADING.exec(line);
  return el(`h${Math.min(marks.length + 2, 6)}`, {}, inline(words));
}

function takeParagraph(lines) {
  const starts = (line) => !line.trim() || [FENCE, HEADING, QUOTE, ITEM].some((each) => each.test(line));
  return [lines.shift(), ...takeWhile(lines, (line) => !starts(line))];
}

function takeList(lines) {
  const [, indent, bullet] = ITEM.exec(lines[0]);
  const ordered = /\d/.test(bullet);
  const items = [];
  while (lines.length && isSibling(lines[0], indent, ordered)) {
    const words = ITEM.exec(lines.shift())[3];
    const inner = takeWhile(lines, (line) => line.trim() && leading(line) > indent.length);
    const shift = Math.min(...inner.map(leading));
    items.push(el("li", {}, inline(words), markdown(inner.map((line) => line.slice(shift)).join("\n"))));
  }
  return el(ordered ? "ol" : "ul", ordered ? { start: Number.parseInt(bullet, 10) } : {}, items);
}

const leading = (line) => line.length - line.trimStart().length;

function isSibling(line, indent, ordered) {
  const item = ITEM.exec(line);
  return item !== null && item[1].length <= indent.length && /\d/.test(item[2]) === ordered;
}

function takeTable(lines) {
  const cells = (line) =>
    line.trim().replace(/^\||\|$/g, "").split(/(?<!\\)\|/).map((cell) => cell.trim().replaceAll("\\|", "|"));
  const head = cells(lines.shift());
  const aligns = cells(lines.shift()).map((rule) =>
    rule.endsWith(":") ? (rule.startsWith(":") ? "center" : "right") : "left",
  );
  const rows = takeWhile(lines, (line) => line.includes("|")).map(cells);
  return scrollingTable([head, ...rows].map((row) => row.map(inline)), aligns);
}

const SPAN = new RegExp(
  [
    /(?<tick>`+)(?<code>.+?)\k<tick>(?!`)/,
    /!?\[(?<label>[^\]\n]*)\]\((?<address>[^\s()]+(?:\([^\s()]*\)[^\s()]*)*)\)/,
    /<(?<auto>https?:\/\/[^\s<>]+)>/,
    /(?<bare>https?:\/\/[^\s<>|`*]*[^\s<>|`*.,;:!?)])/,
    /\*\*(?<strong>(?=\S).+?)\*\*/,
    /~~(?<strike>(?=\S).+?)~~/,
    /(?<![\w*])\*(?<em>(?=\S)[^*]+?)\*(?!\w)/,
    /(?<!\w)_(?<under>(?=\S)[^_]+?)_(?!\w)/,
    /\\(?<escaped>[!-/:-@[-`{-~])/,
  ].map((each) => each.source).join("|"),
  "gs",
);

function inline(text) {
  const nodes = [];
  let at = 0;
  for (const found of text.matchAll(SPAN)) {
    nodes.push(withEmoji(text.slice(at, found.index)), span(found.groups));
    at = found.index + found[0].length;
  }
  nodes.push(withEmoji(text.slice(at)));
  return nodes;
}

function span(found) {
  if (found.code !== undefined) return el("code", {}, found.code);
  if (found.address) return link(found.address, found.label || found.address);
  if (found.auto ?? found.bare) return link(found.auto ?? found.bare, found.auto ?? found.bare);
  if (found.strong) return el("strong", {}, inline(found.strong));
  if (found.strike) return el("del", {}, inline(found.strike));
  if (found.escaped) return found.escaped;
  return el("em", {}, inline(found.em ?? found.under));
}
