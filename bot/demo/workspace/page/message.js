// One message: who, when, what, its files, reactions, thread, and what can be done with it.

import { blocks } from "./blocks.js";
import { el, icon } from "./dom.js";
import { REACTIONS, emoji } from "./emoji.js";
import { file } from "./files.js";
import { openMenu } from "./menu.js";
import { mrkdwn } from "./mrkdwn.js";
import { clock, dateText, moment } from "./when.js";

/** The message's node. `follows`: the same person said the one before. `inThread`: no way to its
 * own thread is shown. */
export function message(item, ctx, { follows = false, inThread = false } = {}) {
  const author = authorOf(item, ctx);
  const own = ctx.at({ channel: ctx.channel, ts: item.ts });
  const classes = ["article.message", follows && "follows", item.ephemeral && "ephemeral"];
  return el(classes.filter(Boolean).join("."),
    { "data-key": item.ts, "data-ts": item.ts, "aria-label": `${author.name}, ${clock(item.ts, ctx.me)}` },
    avatar(author),
    el("div.message-main", {},
      item.ephemeral && el("p.only-you", {}, icon("eye"), ctx.say("only_you")),
      !follows && byline(item, author, ctx),
      content(item, own),
      item.edited && el("small.quiet.edited", { title: moment(item.edited.ts, ctx.me) }, ctx.say("edited")),
      (item.files ?? []).map((each) => file(each, own)),
      reactions(item, ctx),
      !inThread && item.reply_count > 0 && threadButton(item, ctx)),
    !item.ephemeral && tools(item, ctx, inThread));
}

/** Whose message: a person, or an app by its bot user. */
export function authorOf(item, ctx) {
  const user = ctx.users.get(item.user);
  const name = item.username || (user ? ctx.nameOf(user.id) : null) || item.user || item.bot_id || "?";
  return { id: item.user ?? item.bot_id ?? name, name, app: Boolean(item.bot_id ?? user?.is_bot) };
}

const HUES = 8;

/** A square with the first letter; the colour tells people apart, the name says who. */
export function avatar({ id, name, app }) {
  const hue = [...String(id)].reduce((sum, letter) => (sum * 31 + letter.codePointAt(0)) % 997, 7) % HUES;
  return el(`span.avatar.hue-${app ? "app" : hue}`, { "aria-hidden": "true" }, [...name.trim()][0]?.toUpperCase());
}

function byline(item, author, ctx) {
  return el("p.byline", {},
    el("strong", {}, author.name),
    author.app && el("span.badge", {}, ctx.say("app")),
    el("time.quiet", { title: moment(item.ts, ctx.me) }, clock(item.ts, ctx.me)));
}

function content(item, ctx) {
  const body = item.blocks?.length
    ? blocks(item.blocks, ctx)
    : item.text && el("div.text", {}, mrkdwn(item.text, ctx));
  return el("div.content", {}, body, (item.attachments ?? []).map((each) => attachment(each, ctx)));
}

function attachment(item, ctx) {
  const node = el("div.attachment", {}, content({ ...item, text: item.text ?? item.fallback }, ctx));
  if (/^#?[0-9a-f]{6}$/i.test(item.color ?? "")) {
    node.style.borderColor = `#${item.color.replace("#", "")}`;
  }
  return node;
}

function reactions(item, ctx) {
  const chips = (item.reactions ?? []).map(({ name, users }) =>
    el("button.chip", {
      type: "button",
      "aria-pressed": String(users.includes(ctx.me.id)),
      "aria-label": `${name.replaceAll("_", " ")}: ${users.map(ctx.nameOf).join(", ")}`,
      title: users.map(ctx.nameOf).join(", "),
      onclick: () => users.includes(ctx.me.id) || ctx.react(item.ts, name),
    }, emoji(name) ?? `:${name}:`, " ", users.length));
  return chips.length > 0 && el("div.reactions", {}, chips);
}

function threadButton(item, ctx) {
  const count = item.reply_count;
  const words = count === 1 ? ctx.say("reply") : ctx.say("replies", { count });
  const last = item.latest_reply && dateText(item.latest_reply.split(".")[0], "{ago}", ctx.me);
  return el("button.thread-link", { type: "button", "data-thread": item.ts, onclick: () => ctx.openThread(item.ts) },
    el("span", {}, words),
    last && el("span.quiet", {}, ctx.say("latest_reply", { ago: last })));
}

function tools(item, ctx, inThread) {
  const { say } = ctx;
  const tool = (name, label, onclick, popup) =>
    el("button.icon-button", { type: "button", "aria-label": say(label), title: say(label), "aria-haspopup": popup && "menu", "aria-expanded": popup && "false", onclick }, icon(name));
  return el("div.tools", { role: "group", "aria-label": say("message_menu") },
    tool("smile", "add_reaction", ({ currentTarget }) => openReactions(currentTarget, item, ctx), true),
    !inThread && tool("reply", "reply_in_thread", () => ctx.openThread(item.ts)),
    tool("more", "message_menu", ({ currentTarget }) => openDeeds(currentTarget, item, ctx, inThread), true));
}

function openReactions(anchor, item, ctx) {
  const items = REACTIONS.map((name) => ({ value: name, label: `${emoji(name)} ${name.replaceAll("_", " ")}` }));
  openMenu(anchor, items, {
    label: ctx.say("add_reaction"), say: ctx.say, kind: "menu",
    onpick: ([name]) => ctx.react(item.ts, name),
  });
}

// All that can be done with a message: on a phone, where nothing hovers, this is the only way.
function openDeeds(anchor, item, ctx, inThread) {
  const own = [
    !inThread && ["reply_in_thread", () => ctx.openThread(item.ts)],
    ["add_reaction", () => openReactions(anchor, item, ctx)],
  ].filter(Boolean);
  const apps = ctx.shortcuts.map(({ callback_id: callback, name }) => ({
    label: name, detail: ctx.appName, value: () => ctx.shortcut(item.ts, callback),
  }));
  openMenu(anchor, [...own.map(([key, value]) => ({ label: ctx.say(key), value })), ...apps], {
    label: ctx.say("message_menu"), say: ctx.say, kind: "menu", onpick: ([deed]) => deed(),
  });
}
