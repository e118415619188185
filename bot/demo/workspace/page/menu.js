// A list that opens beside a button: selects, overflow, a message's menu. Keys: arrows, Home, End,
// Enter, Escape; letters go to the filter where the list is long.

import { el } from "./dom.js";

const LONG = 9;

/** Opens `items` ([{value, label, detail?, group?, danger?}]) at `anchor`. onpick(values) is called
 * once: at the pick, or with `multiple` when the list closes with another choice. */
export function openMenu(anchor, items, { label, say, kind = "listbox", multiple, chosen = [], onpick }) {
  const picked = new Set(chosen);
  const close = () => popup.hidePopover();
  const pick = (item, row) => {
    if (!multiple) {
      close();
      return onpick([item.value]);
    }
    if (!picked.delete(item.value)) picked.add(item.value);
    return row.setAttribute("aria-selected", picked.has(item.value));
  };
  const rows = items.map((item) => menuRow(item, kind, picked, pick));
  const list = el("div.menu-list", { role: kind, "aria-label": label, "aria-multiselectable": multiple && "true" },
    grouped(items, rows));
  const filter = items.length > LONG && filterBox(items, rows, say);
  const popup = el("div.menu", { popover: "auto" }, filter, list);
  popup.onkeydown = (event) => moveFocus(event, popup, rows);
  popup.addEventListener("toggle", ({ newState }) => {
    if (newState !== "closed") return;
    anchor.setAttribute("aria-expanded", "false");
    popup.remove();
    if (multiple && !same(picked, chosen)) onpick([...picked]);
  });
  (anchor.closest("dialog") ?? document.body).append(popup);
  anchor.setAttribute("aria-expanded", "true");
  popup.showPopover();
  place(popup, anchor);
  (filter || rows.find((row) => row.getAttribute("aria-selected") === "true") || rows[0])?.focus();
}

const same = (set, values) => set.size === values.length && values.every((value) => set.has(value));

function menuRow(item, kind, picked, pick) {
  const props = kind === "menu"
    ? { role: "menuitem" }
    : { role: "option", "aria-selected": String(picked.has(item.value)) };
  const row = el(item.danger ? "button.danger" : "button", { type: "button", tabindex: -1, ...props },
    el("span", {}, item.label), item.detail && el("small", {}, item.detail));
  row.onclick = () => pick(item, row);
  return row;
}

function grouped(items, rows) {
  return rows.map((row, index) => {
    const { group } = items[index];
    const first = group && group !== items[index - 1]?.group;
    return [first && el("div.menu-group", { role: "presentation" }, group), row];
  });
}

function filterBox(items, rows, say) {
  const none = el("div.menu-none", { role: "status" });
  const oninput = ({ target }) => {
    const wanted = target.value.trim().toLowerCase();
    items.forEach((item, index) => {
      rows[index].hidden = !item.label.toLowerCase().includes(wanted);
    });
    none.textContent = rows.every((row) => row.hidden) ? say("no_match") : "";
  };
  return el("div.menu-filter", {}, el("input", { type: "text", "aria-label": say("filter"), placeholder: say("filter"), autofocus: true, oninput }), none);
}

function moveFocus(event, popup, rows) {
  const shown = rows.filter((row) => !row.hidden);
  const at = shown.indexOf(document.activeElement);
  const to = {
    ArrowDown: Math.min(at + 1, shown.length - 1),
    ArrowUp: Math.max(at - 1, 0),
    Home: 0,
    End: shown.length - 1,
  }[event.key];
  if (event.key === "Tab") popup.hidePopover();
  else if (event.key === "Enter" && at < 0) shown[0]?.click();
  else if (to !== undefined) shown[to]?.focus();
  if (to !== undefined || (event.key === "Enter" && at < 0)) event.preventDefault();
}

/** Below the anchor where there is room, else above; always within the window. */
function place(popup, anchor) {
  const from = anchor.getBoundingClientRect();
  popup.style.minWidth = `${Math.min(from.width, 340)}px`;
  const { width, height } = popup.getBoundingClientRect();
  const below = from.bottom + 4;
  const fits = below + height <= innerHeight - 8;
  popup.style.top = `${fits ? below : Math.max(8, from.top - height - 4)}px`;
  popup.style.left = `${Math.max(8, Math.min(from.left, innerWidth - width - 8))}px`;
}
