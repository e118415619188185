// Block Kit → nodes. A block that is not known shows as its type's name, so that a test sees it.

import { el, safeAddress } from "./dom.js";
import { fileAddress } from "./api.js";
import { current, element, stateOf } from "./elements.js";
import { markdown } from "./markdown.js";
import { plain, textObject } from "./mrkdwn.js";
import { richText } from "./richtext.js";
import { tableBlock } from "./table.js";

const BLOCKS = {
  header: (block) => el("h3.header", {}, plain(block.text)),
  section,
  context,
  divider: () => el("hr"),
  actions: (block, ctx) =>
    el("div.actions", {}, block.elements.map((item) => element(item, useIn(block), ctx))),
  image: picture,
  rich_text: (block, ctx) => el("div.text", {}, richText(block, ctx)),
  markdown: (block) => el("div.markdown", {}, markdown(block.text)),
  table: tableBlock,
  input,
};

/** The blocks' nodes. In a view, what was typed belongs to the block's id; a message gets new ids
 * at each edit, so its second section is taken for the second section of before. */
export function blocks(items, ctx) {
  const seen = {};
  return items.map((item) => {
    seen[item.type] = (seen[item.type] ?? 0) + 1;
    const key = ctx.where.view_id ? item.block_id : `${item.type}/${seen[item.type]}`;
    const make = Object.hasOwn(BLOCKS, item.type) ? BLOCKS[item.type] : unknown;
    return el("div.block", { "data-key": key, "data-block": item.type }, make(item, ctx));
  });
}

const unknown = (item) => el("span.unknown", {}, `[${item.type}]`);
const useIn = (item) => ({ blockId: item.block_id, dispatch: true });

function section(item, ctx) {
  const fields = (item.fields ?? []).map((field) => el("div.text", {}, textObject(field, ctx)));
  return el("div.section", {},
    el("div.section-main", {},
      item.text && el("div.text", {}, textObject(item.text, ctx)),
      fields.length > 0 && el("div.fields", {}, fields)),
    item.accessory && el("div.accessory", {}, accessory(item, ctx)));
}

function accessory(item, ctx) {
  if (item.accessory.type === "image") return imageOf(item.accessory, "thumb");
  return element(item.accessory, useIn(item), ctx);
}

function context(item, ctx) {
  return el("div.context", {},
    item.elements.map((part) => (part.type === "image" ? imageOf(part, "tiny") : el("span.text", {}, textObject(part, ctx)))));
}

function imageOf(item, className) {
  const { id, url: kept } = item.slack_file ?? {};
  const url = item.image_url ?? kept ?? `/files/${id}/picture`;
  const src = fileAddress(url) ?? safeAddress(url);
  return el("img", { class: className, src, alt: item.alt_text });
}

function picture(item) {
  return el("figure.picture", {},
    item.title && el("figcaption", {}, plain(item.title)),
    imageOf(item, "wide"));
}

function input(item, ctx) {
  const id = `${ctx.place}/${item.block_id}`;
  const error = ctx.errors?.[item.block_id];
  const use = {
    blockId: item.block_id,
    dispatch: Boolean(item.dispatch_action),
    id,
    label: plain(item.label),
    describedby: [error && `${id}/error`, item.hint && `${id}/hint`].filter(Boolean).join(" ") || undefined,
    invalid: Boolean(error),
  };
  return el("div.input", {},
    el("label", { for: id }, use.label, item.optional && el("span.quiet", {}, ` ${ctx.say("optional")}`)),
    element(item.element, use, ctx),
    error && el("p.error", { id: `${id}/error`, role: "alert" }, error),
    item.hint && el("p.quiet", { id: `${id}/hint` }, plain(item.hint)));
}

/** The elements of a block that hold a value, for a view's state. */
function holders(item) {
  if (item.type === "input") return [item.element];
  if (item.type === "actions") return item.elements;
  return item.type === "section" && item.accessory ? [item.accessory] : [];
}

/** {block_id: {action_id: state}} of all that a person can set in `blocks`. */
export function formState(blocks, ctx) {
  const held = (item) => holders(item).filter(({ type }) => !["button", "overflow", "image"].includes(type));
  const state = (item) => held(item).map((each) => [each.action_id, stateOf(each, useIn(item), ctx)]);
  return Object.fromEntries(
    blocks.filter((item) => held(item).length).map((item) => [item.block_id, Object.fromEntries(state(item))]),
  );
}

/** {block_id: what is missing}, as Slack's own client checks before it sends. */
export function incomplete(blocks, ctx) {
  const inputs = blocks.filter((item) => item.type === "input");
  const wrong = inputs.map((item) => [item.block_id, lacking(item, current(item.element, useIn(item), ctx), ctx)]);
  return Object.fromEntries(wrong.filter(([, why]) => why));
}

function lacking(item, value, ctx) {
  if (value.length === 0) return item.optional ? null : ctx.say("required");
  const least = item.element.min_length ?? 0;
  return value.length < least ? ctx.say("too_short", { count: least }) : null;
}
