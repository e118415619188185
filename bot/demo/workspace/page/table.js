// Tables: they scroll sideways within themselves, never the page.

import { el } from "./dom.js";
import { withEmoji } from "./emoji.js";
import { richText } from "./richtext.js";

/** A table whose first row is its head; `rows` hold the nodes of each cell. */
export function scrollingTable(rows, aligns = [], wraps = []) {
  const cell = (tag, scope) => (nodes, column) =>
    el(tag, { scope, class: [aligns[column] ?? "left", wraps[column] && "wrap"].filter(Boolean).join(" ") }, nodes);
  const [head, ...body] = rows;
  return el("div.table-scroll", { tabindex: 0, role: "group" },
    el("table", {},
      el("thead", {}, el("tr", {}, head.map(cell("th", "col")))),
      el("tbody", {}, body.map((row) => el("tr", {}, row.map(cell("td")))))),
  );
}

/** The table block. */
export function tableBlock(block, ctx) {
  const settings = block.column_settings ?? [];
  const rows = block.rows.map((row) => row.map((cell) => cellNodes(cell, ctx)));
  return scrollingTable(
    rows,
    settings.map((column) => column?.align),
    settings.map((column) => column?.is_wrapped),
  );
}

function cellNodes(cell, ctx) {
  if (cell.type === "rich_text") return richText(cell, ctx);
  return withEmoji(String(cell.text ?? cell.value ?? ""));
}
