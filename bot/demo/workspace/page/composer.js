// Where a person types: messages and slash commands, with hints for commands and names. A draft is
// kept for each place, and Enter during the composition of a Korean syllable sends nothing.

import { el, icon, morph } from "./dom.js";
import { plain } from "./mrkdwn.js";

/** Typed text as Slack's client sends it: names become mentions. The server escapes the rest. */
export function encoded(text, ctx) {
  if (text.startsWith("/")) return text;
  const names = new Map([
    ...[...ctx.users.values()].map(({ id }) => [`@${ctx.nameOf(id)}`, `<@${id}>`]),
    ...[...ctx.channels.values()].map(({ id, name }) => [`#${name}`, `<#${id}>`]),
  ]);
  const longest = [...names.keys()].sort((a, b) => b.length - a.length);
  const pattern = longest.map((name) => name.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")).join("|");
  const whole = new RegExp(`(?<![\\p{L}\\p{N}])(?:${pattern})(?![\\p{L}\\p{N}_-])`, "gu");
  return text.replace(whole, (name) => names.get(name));
}

/** The box; `send(text, place)` answers {ok, error?}. */
export class Composer {
  constructor(id, send) {
    this.send = send;
    this.drafts = new Map();
    this.place = null;
    this.hints = el("div.hints", { id: `${id}-hints`, role: "listbox", hidden: true });
    this.error = el("p.error", { role: "alert", hidden: true });
    this.box = el("textarea", {
      rows: 1, role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": `${id}-hints`,
      oninput: () => this.#typed(),
      onkeydown: (event) => this.#key(event),
    });
    this.button = el("button.send", { type: "submit" }, icon("send"));
    this.node = el("form.composer", { onsubmit: (event) => this.#submit(event) },
      this.hints, el("div.composer-box", {}, this.box, this.button), this.error);
  }

  /** Shows the draft of `place` (a channel, or channel and thread). */
  show(place, placeholder, ctx) {
    this.ctx = ctx;
    this.box.placeholder = placeholder;
    this.box.setAttribute("aria-label", placeholder);
    this.button.setAttribute("aria-label", ctx.say("send"));
    if (place === this.place) return;
    if (this.place !== null) this.drafts.set(this.place, this.box.value);
    this.place = place;
    this.#fill(this.drafts.get(place) ?? "");
    this.#fail(null);
  }

  #fill(text) {
    this.box.value = text;
    this.#typed();
  }

  #typed() {
    this.button.disabled = !this.box.value.trim();
    this.box.style.height = "auto";
    this.box.style.height = `${this.box.scrollHeight}px`;
    this.#hint(this.#suggestions());
  }

  #key(event) {
    if (event.isComposing) return;
    const open = !this.hints.hidden && this.options.length > 0;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (open && step) this.#mark((this.marked + step + this.options.length) % this.options.length);
    else if (open && event.key === "Tab" && !event.shiftKey) this.#take(this.marked);
    else if (open && event.key === "Escape") this.#hint([]);
    else if (event.key === "Enter" && !event.shiftKey) this.#enter(open);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  #enter(open) {
    if (open && !this.options[this.marked].complete) this.#take(this.marked);
    else this.node.requestSubmit();
  }

  async #submit(event) {
    event.preventDefault();
    const { place } = this;
    const text = this.box.value.trim();
    if (!text) return;
    this.#fail(null);
    this.#fill("");
    const answer = await this.send(encoded(text, this.ctx), place);
    if (answer.ok || place !== this.place) return;
    this.#fail(answer.error);
    if (!this.box.value) this.#fill(text);
  }

  #fail(error) {
    this.error.hidden = !error;
    this.error.textContent = error ?? "";
  }

  /** [{label, detail, complete, start, text}]: what the word before the caret can become. */
  #suggestions() {
    if (!this.ctx) return [];
    const before = this.box.value.slice(0, this.box.selectionStart);
    if (before.startsWith("/")) return this.#commands(before);
    const name = /(^|\s)@([\p{L}\p{N}._-]*)$/u.exec(before);
    return name ? this.#names(name[2].toLowerCase(), before.length - name[2].length - 1) : [];
  }

  #commands(before) {
    const [typed, ...rest] = before.split(" ");
    return this.ctx.commands
      .filter(({ command }) => (rest.length ? command === typed : command.startsWith(typed)))
      .map(({ command, description, usage_hint: usage }) => ({
        label: [command, usage].filter(Boolean).join(" "), detail: description,
        complete: command === typed, start: 0, text: `${command} `,
      }));
  }

  #names(wanted, start) {
    return [...this.ctx.users.values()]
      .map(({ id }) => this.ctx.nameOf(id))
      .filter((name) => name.toLowerCase().startsWith(wanted))
      .slice(0, 6)
      .map((name) => ({ label: `@${name}`, complete: name.toLowerCase() === wanted, start, text: `@${name} ` }));
  }

  #hint(options) {
    this.options = options;
    this.hints.hidden = !options.length;
    this.box.setAttribute("aria-expanded", String(options.length > 0));
    morph(this.hints, el("div.hints", { id: this.hints.id, role: "listbox", hidden: !options.length, "aria-label": this.box.placeholder },
      options.map((option, index) => this.#row(option, index))));
    this.#mark(0);
  }

  #row({ label, detail }, index) {
    const onclick = () => {
      this.#take(index);
      this.box.focus();
    };
    return el("div.hint", { role: "option", id: `${this.hints.id}-${index}`, onclick },
      el("span", {}, label), detail && el("small", {}, plain({ text: detail })));
  }

  #mark(index) {
    this.marked = index;
    [...this.hints.children].forEach((row, at) => row.setAttribute("aria-selected", String(at === index)));
    if (this.options.length) this.box.setAttribute("aria-activedescendant", `${this.hints.id}-${index}`);
    else this.box.removeAttribute("aria-activedescendant");
  }

  #take(index) {
    const { start, text } = this.options[index];
    const end = this.box.selectionStart;
    this.box.setRangeText(text, start, end, "end");
    this.#typed();
  }
}
