// The dialog that a `confirm` object asks for, and the frame that modals share with it.

import { el, icon } from "./dom.js";
import { plain, textObject } from "./mrkdwn.js";

/** A dialog's frame: title, close, content, buttons. `onclose` is what the X and Escape mean. */
export function frame(title, content, buttons, { id, say, onclose, onsubmit }) {
  const close = el("button.icon-button", { type: "button", "aria-label": say("close"), onclick: onclose }, icon("close"));
  const form = el("form.dialog-form", { onsubmit, novalidate: true },
    el("header.dialog-head", {}, el("h2", { id: `${id}/title` }, title), close),
    el("div.dialog-body", { tabindex: -1 }, content),
    el("footer.dialog-foot", {}, buttons));
  const dialog = el("dialog.dialog", { "aria-labelledby": `${id}/title` }, form);
  dialog.addEventListener("cancel", (event) => {
    event.preventDefault();
    onclose();
  });
  return dialog;
}

/** Asks what Slack's `confirm` object asks; true if the person agrees. */
export function confirmed(confirm, ctx) {
  return new Promise((resolve) => {
    const finish = (answer) => {
      dialog.close();
      dialog.remove();
      resolve(answer);
    };
    const { say } = ctx;
    const deny = el("button.button", { type: "button", onclick: () => finish(false) },
      confirm.deny ? plain(confirm.deny) : say("cancel"));
    const agree = el(`button.button.${confirm.style === "danger" ? "danger" : "primary"}`, { type: "submit" },
      confirm.confirm ? plain(confirm.confirm) : say("yes"));
    const onsubmit = (event) => {
      event.preventDefault();
      finish(true);
    };
    const dialog = frame(
      confirm.title ? plain(confirm.title) : say("confirm"),
      el("div.text", {}, textObject(confirm.text, ctx)),
      [deny, agree],
      { id: "confirm", say, onclose: () => finish(false), onsubmit },
    );
    dialog.classList.add("confirm");
    document.body.append(dialog);
    dialog.showModal();
    deny.focus();
  });
}
