// The page: it fetches the state at each change and shows it. Nothing here is the truth but `at`
// (what the person looks at); all else comes from the server.

import * as api from "./api.js";
import { Composer } from "./composer.js";
import { contextOf } from "./context.js";
import { el, icon, morph } from "./dom.js";
import { Modals } from "./modal.js";
import { addressOf, sidebar } from "./sidebar.js";
import { Timeline } from "./timeline.js";
import { Unread } from "./unread.js";
import { speaker } from "./words.js";

const $ = (id) => document.getElementById(id);
const at = { channel: null, thread: null, sidebar: false };
let data = null;
let heard = null; // the newest ts that was read out

const channelList = new Timeline($("channel-messages"), $("channel-jump"));
const threadList = new Timeline($("thread-messages"), $("thread-jump"));
const channelBox = new Composer("channel", (text) => say(text, null, channelList));
const threadBox = new Composer("thread", (text) => say(text, at.thread, threadList));
const modals = new Modals();
const unread = new Unread();
$("channel-composer").append(channelBox.node);
$("thread-composer").append(threadBox.node);

async function say(text, thread, list) {
  list.toEnd();
  const answer = await api.type(at.channel, text, thread);
  refresh();
  return answer;
}

const RETRY = 1000; // milliseconds

// One fetch at a time; a change during it asks for one more.
let fetching = false;
let again = false;

async function refresh() {
  again = true;
  if (fetching) return;
  fetching = true;
  while (again) {
    again = false;
    const wanted = at.channel;
    const answer = await api.state(wanted);
    if (answer.error === "user_not_found") notice(speaker()("nobody"));
    else if (!answer.me) await lost();
    else if (wanted === at.channel) take(answer);
  }
  fetching = false;
}

/** Says that the server does not answer, and has it asked once more. */
async function lost() {
  online(false);
  again = true;
  await new Promise((done) => setTimeout(done, RETRY));
}

function take(answer) {
  online(true);
  if (data && answer.seq < data.seq) return;
  if (!data) for (const { id } of answer.channels) unread.heed(id, answer.me.id);
  const unknown = !at.channel || !answer.channels.some(({ id }) => id === at.channel);
  data = answer;
  if (unknown) go(answer.channels[0]?.id ?? null, null, true);
  else redraw();
}

async function onchange(channel) {
  const elsewhere = data?.channels.some(({ id }) => id === channel && id !== at.channel);
  if (elsewhere) await unread.heed(channel, data.me.id);
  refresh();
}

function redraw() {
  if (!data || !at.channel) return;
  const ctx = contextOf(data, at.channel, { redraw, openThread, notice });
  document.documentElement.lang = data.me.locale.slice(0, 2);
  unread.look(at.channel, data.messages);
  const chrome = { unread: unread.counts, open: at.sidebar, go, lookAs, toggle: toggleSidebar };
  morph($("sidebar"), sidebar(ctx, chrome));
  drawChannel(ctx);
  drawThread(ctx);
  modals.show(data.views, ctx);
  announce(ctx);
}

const placeName = (ctx) => (ctx.channels.get(at.channel)?.is_im ? "" : "#") + ctx.channelName(at.channel);
const mine = (thread) => data.ephemerals
  .filter((item) => (item.thread_ts ?? null) === thread)
  .map((item) => ({ ...item, ephemeral: true }));
const inOrder = (messages) => messages.sort((a, b) => a.ts - b.ts);

function drawChannel(ctx) {
  const place = placeName(ctx);
  const waiting = [...unread.counts.values()].reduce((sum, count) => sum + count, 0);
  document.title = `${waiting ? `(${waiting}) ` : ""}${place}`;
  morph($("channel-bar"), channelBar(ctx, place));
  $("channel-messages").setAttribute("aria-label", ctx.say("messages_in", { place }));
  $("channel-jump").replaceChildren(icon("down"), ctx.say("jump"));
  const messages = data.messages.map((item) => ({ ...item, latest_reply: data.threads[item.ts]?.at(-1).ts }));
  channelList.show(inOrder([...messages, ...mine(null)]), ctx);
  channelBox.show(at.channel, ctx.say("message_in", { place }), ctx);
}

function channelBar(ctx, place) {
  const channel = ctx.channels.get(at.channel);
  const marks = [channel.is_private && "private_channel", channel.is_ext_shared && "shared"].filter(Boolean);
  return el("header.bar", { id: "channel-bar" },
    el("button.icon-button.only-phone", { type: "button", "aria-label": ctx.say("open_channels"), onclick: () => toggleSidebar(true) }, icon("menu")),
    el("div.bar-title", {},
      el("h1", {}, place, marks.map((mark) => el("span.badge", {}, ctx.say(mark)))),
      channel.topic && el("p.quiet", {}, channel.topic)));
}

function drawThread(ctx) {
  $("thread").hidden = !at.thread;
  $("app").classList.toggle("with-thread", Boolean(at.thread));
  if (!at.thread) return;
  $("thread").setAttribute("aria-label", ctx.say("thread"));
  morph($("thread-bar"), threadBar(ctx));
  $("thread-messages").setAttribute("aria-label", ctx.say("thread"));
  $("thread-jump").replaceChildren(icon("down"), ctx.say("jump"));
  threadList.show(inOrder([...(data.threads[at.thread] ?? rootAlone()), ...mine(at.thread)]), ctx, { inThread: true });
  threadBox.show(`${at.channel}/${at.thread}`, ctx.say("reply_placeholder"), { ...ctx, commands: [] });
}

const rootAlone = () => data.messages.filter(({ ts }) => ts === at.thread);

function threadBar(ctx) {
  return el("header.bar", { id: "thread-bar" },
    el("button.icon-button.only-phone", { type: "button", "aria-label": ctx.say("back"), onclick: closeThread }, icon("back")),
    el("div.bar-title", {}, el("h2", { tabindex: -1 }, ctx.say("thread")), el("p.quiet", {}, placeName(ctx))),
    el("button.icon-button.only-desktop", { type: "button", "aria-label": ctx.say("close"), onclick: closeThread }, icon("close")));
}

/** Reads out what is new; an edited message is not read again. */
function announce(ctx) {
  const all = [...data.messages, ...mine(null), ...(data.threads[at.thread] ?? [])];
  const newest = all.reduce((best, item) => (item.ts > (best?.ts ?? "") ? item : best), null);
  if (heard !== null && newest && newest.ts > heard && newest.user !== ctx.me.id) {
    const name = newest.username ?? ctx.nameOf(newest.user ?? "");
    $("announcer").textContent = ctx.say("new_message", { name, text: newest.text ?? "" });
  }
  heard = newest && newest.ts > (heard ?? "") ? newest.ts : (heard ?? "");
}

function notice(text) {
  const close = () => line.remove();
  const line = el("p.notice", {}, el("span", {}, text),
    el("button.icon-button", { type: "button", "aria-label": speaker(data?.me.locale)("close"), onclick: close }, icon("close")));
  $("notices").replaceChildren(line);
}

function online(up) {
  $("offline").textContent = speaker(data?.me.locale)("offline");
  $("offline").hidden = up;
}

function go(channel, thread = null, replace = false) {
  const address = addressOf(api.person.id, channel, thread);
  if (replace) history.replaceState(null, "", address);
  else history.pushState(null, "", address);
  look(channel, thread);
}

/** Shows another place; what the old one said is not shown under its name. */
function look(channel, thread) {
  const moved = channel !== at.channel;
  if (thread !== at.thread) threadList.reset();
  Object.assign(at, { channel, thread, sidebar: false });
  if (moved) {
    channelList.reset();
    heard = null;
    if (data) Object.assign(data, { messages: [], threads: {}, ephemerals: [] });
    refresh();
  }
  redraw();
}

function openThread(ts) {
  go(at.channel, ts);
  const wide = matchMedia("(width > 760px)").matches;
  (wide ? threadBox.box : $("thread-bar").querySelector("h2")).focus();
}

function closeThread() {
  const thread = at.thread;
  go(at.channel);
  document.querySelector(`[data-thread="${CSS.escape(thread)}"]`)?.focus();
}

function toggleSidebar(open) {
  at.sidebar = open;
  redraw();
  (open ? $("sidebar") : $("channel-bar")).querySelector("button")?.focus();
}

function lookAs(id) {
  location.assign(addressOf(id, at.channel));
}

function readAddress() {
  const asked = new URLSearchParams(location.search);
  look(asked.get("channel"), asked.get("thread"));
}

addEventListener("popstate", readAddress);
addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || event.defaultPrevented || document.querySelector("dialog[open], [popover]:popover-open")) return;
  if (at.sidebar) toggleSidebar(false);
  else if (at.thread) closeThread();
});

readAddress();
const stream = api.follow(onchange, online);
addEventListener("pagehide", () => stream.close());
