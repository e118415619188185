// A scrolling list of messages. What the person reads stays where it is when something changes
// above or below; at the end, it follows what comes.

import { el, morph } from "./dom.js";
import { authorOf, message } from "./message.js";
import { dayKey, dayName } from "./when.js";

const NEAR = 48; // pixels from the end that still count as its end
const TOGETHER = 300; // seconds within which one person's short messages stand under one name

/** The list inside `scroller`; `jump` is the button that leads to the end. */
export class Timeline {
  constructor(scroller, jump) {
    this.scroller = scroller;
    this.list = el("div.timeline");
    this.jump = jump;
    this.following = true;
    scroller.append(this.list);
    scroller.addEventListener("scroll", () => this.#look(), { passive: true });
    jump.onclick = () => this.toEnd();
    new ResizeObserver(() => this.following && this.toEnd()).observe(this.list);
    new ResizeObserver(() => this.following && this.toEnd()).observe(scroller);
  }

  /** Shows `messages`, oldest first. */
  show(messages, ctx, { inThread = false } = {}) {
    const mark = this.following ? null : this.#firstSeen();
    const grown = this.last !== undefined && messages.at(-1)?.ts !== this.last;
    this.last = messages.at(-1)?.ts ?? "";
    morph(this.list, el("div.timeline", {}, rows(messages, ctx, inThread)));
    if (mark?.node.isConnected) this.scroller.scrollTop += topOf(mark.node) - mark.top;
    if (grown && !this.following) this.jump.hidden = false;
  }

  /** Forgets the place: another channel or thread is shown next. */
  reset() {
    this.following = true;
    this.last = undefined;
    this.list.replaceChildren();
    this.jump.hidden = true;
  }

  toEnd() {
    this.following = true;
    this.jump.hidden = true;
    this.scroller.scrollTop = this.scroller.scrollHeight;
  }

  #look() {
    const { scrollHeight, scrollTop, clientHeight } = this.scroller;
    this.following = scrollHeight - scrollTop - clientHeight < NEAR;
    if (this.following) this.jump.hidden = true;
  }

  #firstSeen() {
    const seen = (node) => node.offsetTop + node.offsetHeight > this.scroller.scrollTop;
    const node = [...this.list.children].find((child) => child.dataset.ts && seen(child));
    return node && { node, top: topOf(node) };
  }
}

const topOf = (node) => node.getBoundingClientRect().top;

function rows(messages, ctx, inThread) {
  if (!messages.length) return el("p.quiet.empty", {}, ctx.say("nothing_yet"));
  return messages.map((item, index) => {
    const before = messages[index - 1];
    const day = dayKey(item.ts, ctx.me);
    const newDay = !inThread && (!before || dayKey(before.ts, ctx.me) !== day);
    const follows = !newDay && before !== undefined && together(before, item, ctx);
    return [newDay && dayLine(day, item, ctx), message(item, ctx, { follows, inThread })];
  });
}

const dayLine = (day, item, ctx) =>
  el("div.day", { "data-key": day, role: "separator" }, el("span", {}, dayName(item.ts, ctx.me)));

function together(before, item, ctx) {
  return (
    !item.blocks && !item.ephemeral && !before.ephemeral && !before.reply_count &&
    authorOf(before, ctx).name === authorOf(item, ctx).name &&
    item.ts - before.ts < TOGETHER
  );
}
