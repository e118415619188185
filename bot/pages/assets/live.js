// Follows a running check, and says times in the reader's own zone. The page is whole without it.

const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;

function localTimes(root) {
  for (const time of root.querySelectorAll("time[data-local]")) {
    const at = new Date(time.dateTime);
    const words = at.toLocaleString(document.documentElement.lang, { dateStyle: "medium", timeStyle: "medium" });
    time.title = `${words} (${zone})`;
  }
}

function clock(seconds) {
  return new Date(seconds * 1000).toISOString().slice(11, 23);
}

function follow(panel) {
  const list = panel.querySelector("ol");
  const said = panel.querySelector("[data-state]");
  const stream = new EventSource(panel.dataset.live);
  stream.onmessage = (message) => {
    const { at, text, kind } = JSON.parse(message.data);
    const row = document.createElement("li");
    const time = document.createElement("time");
    time.textContent = clock(at);
    row.append(time, " ", text);
    list.append(row);
    while (list.children.length > 200) list.firstElementChild.remove();
    list.scrollTop = list.scrollHeight;
    if (kind !== "observed" && kind !== "gap") said.textContent = text;
    if (kind === "verdict") refresh();
  };
  stream.onerror = () => {
    if (stream.readyState === EventSource.CLOSED) said.textContent = panel.dataset.lost;
  };
  stream.addEventListener("end", () => {
    stream.close();
    said.textContent = panel.dataset.ended;
    refresh();
  });
}

// The page as it stands now takes this one's place; what the reader has unfolded stays so.
async function refresh() {
  const answer = await fetch(location.href);
  if (!answer.ok) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const part of document.querySelectorAll("[data-part]")) {
    const open = [...part.querySelectorAll("details[open][id]")].map((details) => details.id);
    const now = fresh.querySelector(`[data-part="${part.dataset.part}"]`);
    if (!now || now.contains(document.activeElement)) continue;
    part.replaceChildren(...now.childNodes);
    for (const id of open) document.getElementById(id)?.setAttribute("open", "");
    localTimes(part);
  }
}

// An address that ends in #o12 opens what it names.
function unfold() {
  const named = location.hash && document.getElementById(location.hash.slice(1));
  if (!named) return;
  for (let each = named; each; each = each.parentElement) {
    if (each.tagName === "DETAILS") each.open = true;
  }
  named.scrollIntoView();
}

localTimes(document);
unfold();
addEventListener("hashchange", unfold);
document.querySelector("[data-print]")?.addEventListener("click", () => print());
const panel = document.querySelector("[data-live]");
if (panel) follow(panel);
