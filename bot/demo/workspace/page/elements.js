// Block Kit's interactive elements. `use` says how one stands in its block: {blockId, dispatch: does
// a change go to the app at once, labelledby, describedby, invalid}.

import { el, icon, safeAddress } from "./dom.js";
import { openMenu } from "./menu.js";
import { plain } from "./mrkdwn.js";
import { choices, initial, isMulti, isSelect, written } from "./options.js";

/** The element's node; its name is where the person's tests look for it. */
export function element(item, use, ctx) {
  if (item.type === "button") return button(item, use, ctx);
  if (item.type === "overflow") return overflow(item, use, ctx);
  if (item.type === "checkboxes" || item.type === "radio_buttons") return boxes(item, use, ctx);
  if (isSelect(item.type)) return select(item, use, ctx);
  if (item.type in FIELDS) return field(item, use, ctx);
  return el("span.unknown", {}, `[${item.type}]`);
}

const valueKey = (item, use) => `${use.blockId}/${item.action_id}`;

/** What is chosen or typed in the element now. */
export function current(item, use, ctx) {
  const kept = ctx.values.get(valueKey(item, use));
  if (kept !== undefined) return kept;
  return item.type in FIELDS ? (item[FIELDS[item.type].initial] ?? "") : initial(item, ctx);
}

/** The same in the shape of Slack's view state. */
export function stateOf(item, use, ctx) {
  const value = current(item, use, ctx);
  if (!(item.type in FIELDS)) return written(item, value, ctx);
  const { name, read } = FIELDS[item.type];
  return { type: item.type, [name]: value === "" ? null : read(value) };
}

function changed(item, use, ctx, value) {
  ctx.values.set(valueKey(item, use), value);
  ctx.redraw();
  if (use.dispatch) ctx.act(item, use.blockId, stateOf(item, use, ctx));
}

function button(item, use, ctx) {
  const style = item.style ? `.${item.style}` : "";
  const name = { "aria-label": item.accessibility_label };
  const onclick = ({ currentTarget }) => ctx.act(item, use.blockId, undefined, currentTarget);
  const href = item.url && safeAddress(item.url);
  if (href) {
    return el(`a.button${style}`, { ...name, href, target: "_blank", rel: "noopener noreferrer", onclick }, plain(item.text));
  }
  return el(`button.button${style}`, { ...name, type: "button", onclick }, plain(item.text));
}

function overflow(item, use, ctx) {
  const onclick = ({ currentTarget }) =>
    openMenu(currentTarget, choices(item, ctx), {
      label: ctx.say("more"), say: ctx.say, kind: "menu",
      onpick: (values) => follow(item, use, ctx, values, currentTarget),
    });
  return el("button.button.overflow", { type: "button", "aria-haspopup": "menu", "aria-expanded": "false", "aria-label": item.accessibility_label ?? ctx.say("more"), onclick }, icon("more"));
}

function follow(item, use, ctx, values, anchor) {
  const chosen = written(item, values, ctx);
  const href = safeAddress(chosen.selected_option.url ?? "");
  if (href) window.open(href, "_blank", "noopener,noreferrer");
  ctx.act(item, use.blockId, chosen, anchor);
}

function select(item, use, ctx) {
  const chosen = current(item, use, ctx);
  const offered = choices(item, ctx);
  const labels = offered.filter(({ value }) => chosen.includes(value)).map(({ label }) => label);
  const empty = item.placeholder ? plain(item.placeholder) : ctx.say(isMulti(item.type) ? "choose_many" : "choose");
  const onclick = ({ currentTarget }) =>
    openMenu(currentTarget, offered, {
      label: use.label ?? empty, say: ctx.say, multiple: isMulti(item.type), chosen,
      onpick: (values) => changed(item, use, ctx, values),
    });
  const text = el(labels.length ? "span" : "span.placeholder", {}, labels.join(", ") || empty);
  const name = use.label ? `${use.label}: ${text.textContent}` : text.textContent;
  return el("button.select", { ...stands(use), type: "button", "aria-haspopup": "listbox", "aria-expanded": "false", "aria-label": item.accessibility_label ?? name, onclick },
    text, icon("caret"));
}

const stands = (use) => ({
  id: use.id,
  "aria-describedby": use.describedby,
  "aria-invalid": use.invalid && "true",
});

function boxes(item, use, ctx) {
  const many = item.type === "checkboxes";
  const chosen = new Set(current(item, use, ctx));
  const group = `${ctx.place}/${valueKey(item, use)}`;
  const onchange = (value) => ({ target }) => {
    if (!many) return changed(item, use, ctx, [value]);
    if (target.checked) chosen.add(value);
    else chosen.delete(value);
    return changed(item, use, ctx, [...chosen]);
  };
  return el("div.boxes", { ...stands(use), role: many ? "group" : "radiogroup", "aria-label": use.label },
    choices(item, ctx).map(({ value, label, detail }) =>
      el("label.box", {},
        el("input", { type: many ? "checkbox" : "radio", name: group, checked: chosen.has(value), onchange: onchange(value) }),
        el("span", {}, label, detail && el("small", {}, detail)))));
}

const text = { tag: "input", initial: "initial_value", name: "value", read: (value) => value };
const FIELDS = {
  plain_text_input: { ...text, type: "text" },
  email_text_input: { ...text, type: "email" },
  url_text_input: { ...text, type: "url" },
  number_input: { ...text, type: "number" },
  datepicker: { ...text, type: "date", initial: "initial_date", name: "selected_date" },
  timepicker: { ...text, type: "time", initial: "initial_time", name: "selected_time" },
};

function field(item, use, ctx) {
  const { type } = FIELDS[item.type];
  const value = current(item, use, ctx);
  const props = {
    ...stands(use),
    placeholder: item.placeholder && plain(item.placeholder),
    maxlength: item.max_length,
    "aria-label": use.id ? undefined : use.label,
    oninput: ({ target }) => ctx.values.set(valueKey(item, use), target.value),
    onchange: ({ target }) => changed(item, use, ctx, target.value),
  };
  if (item.multiline) return el("textarea.field", { ...props, rows: 4 }, value);
  return el("input.field", { ...props, type, value });
}
