// The reader's open modals: Slack's stack of views, the last on top. A view that is updated keeps
// what was typed in blocks of the same id, as Slack does.

import * as api from "./api.js";
import { blocks, formState, incomplete } from "./blocks.js";
import { frame } from "./dialogs.js";
import { el, morph } from "./dom.js";
import { plain } from "./mrkdwn.js";

/** The open dialogs, by view id. */
export class Modals {
  constructor() {
    this.open = new Map(); // view id → {dialog, view, errors, problem, sending}
  }

  /** Opens, updates and closes dialogs until they are `views`. */
  show(views, ctx) {
    this.ctx = ctx;
    const ids = new Set(views.map(({ id }) => id));
    for (const [id, { dialog }] of this.open) if (!ids.has(id)) this.#remove(id, dialog);
    for (const view of views) this.#draw(view);
    [...this.open.values()].forEach(({ dialog }, index, all) =>
      dialog.classList.toggle("under", index < all.length - 1));
  }

  redraw(ctx) {
    this.show([...this.open.values()].map(({ view }) => view), ctx);
  }

  #remove(id, dialog) {
    dialog.close();
    dialog.remove();
    this.open.delete(id);
  }

  #draw(view) {
    const kept = this.open.get(view.id);
    const state = kept ?? { errors: view.errors ?? {}, problem: null };
    if (kept && kept.view.hash !== view.hash) Object.assign(kept, { errors: view.errors ?? {}, problem: null });
    state.view = view;
    const fresh = this.#dialog(view, state);
    if (kept) return morph(kept.dialog.firstChild, fresh.firstChild);
    this.open.set(view.id, Object.assign(state, { dialog: fresh }));
    document.body.append(fresh);
    fresh.showModal();
    const first = fresh.querySelector(".dialog-body :is(input, textarea, .select)");
    return (first ?? fresh.querySelector(".dialog-body")).focus();
  }

  #dialog(view, state) {
    const ctx = this.#inside(view, state);
    const { say } = ctx;
    const onclose = () => this.#dismiss(view.id);
    const onsubmit = (event) => {
      event.preventDefault();
      this.#submit(view);
    };
    const content = [
      blocks(view.blocks, ctx),
      state.problem && el("p.error", { role: "alert" }, state.problem),
    ];
    const buttons = [
      el("button.button", { type: "button", onclick: onclose }, view.close ? plain(view.close) : say("close")),
      view.submit && el("button.button.primary", { type: "submit" }, plain(view.submit)),
    ];
    return frame(plain(view.title), content, buttons, { id: view.id, say, onclose, onsubmit });
  }

  #inside(view, { errors }) {
    return { ...this.ctx.at({ view_id: view.id }, (ctx) => formState(view.blocks, ctx)), errors };
  }

  #dismiss(id) {
    const { dialog } = this.open.get(id);
    this.#remove(id, dialog);
    api.dismiss(id);
  }

  async #submit(view) {
    const state = this.open.get(view.id);
    const ctx = this.#inside(view, state);
    this.#note(view.id, incomplete(view.blocks, ctx));
    if (Object.keys(state.errors).length || state.sending) return;
    state.sending = true;
    const answer = await api.submit(view.id, formState(view.blocks, ctx));
    state.sending = false;
    if (!this.open.has(view.id)) return;
    const refused = answer.ok || answer.errors ? null : ctx.say("failed", { error: answer.error });
    this.#note(view.id, answer.errors ?? {}, refused);
  }

  #note(id, errors, problem = null) {
    const state = this.open.get(id);
    Object.assign(state, { errors, problem });
    this.redraw(this.ctx);
    this.open.get(id).dialog.querySelector("[aria-invalid]")?.focus();
  }
}
