// What a person's browser asks of the workspace's server, one function a wish.

/** Who looks: every call is made as this user. */
export const person = { id: new URLSearchParams(location.search).get("as") };

async function ask(path, options) {
  try {
    const answer = await fetch(path, options);
    return await answer.json();
  } catch {
    return { ok: false, error: "unreachable" };
  }
}

const post = (path, body) =>
  ask(path, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ as: person.id, ...body }),
  });

export const state = (channel) => {
  const wanted = Object.entries({ as: person.id, channel }).filter(([, value]) => value);
  return ask(`/_/state?${new URLSearchParams(wanted)}`);
};
export const type = (channel, text, thread) =>
  post("/_/type", { channel, text, ...(thread && { thread_ts: thread }) });
/** `where` is {channel, ts} of a message or {view_id}; `selected` the choice and `values` a view's
 * fields, in the shape of Slack's view state. */
export const press = (where, blockId, actionId, selected, values) =>
  post("/_/press", { ...where, block_id: blockId, action_id: actionId, selected, values });
export const submit = (viewId, values) => post("/_/submit", { view_id: viewId, values });
export const dismiss = (viewId) => post("/_/dismiss", { view_id: viewId });
export const shortcut = (channel, ts, callbackId) =>
  post("/_/shortcut", { channel, ts, callback_id: callbackId });
export const react = (channel, ts, name) => post("/_/react", { channel, ts, name });

/** The address of a file of the workspace, whatever name of this machine it was given under. */
export function fileAddress(url) {
  if (!URL.canParse(url, location.href)) return null;
  const { pathname, search } = new URL(url, location.href);
  return pathname.startsWith("/files/") ? pathname + search : null;
}

/** Calls `onchange(channel or null)` at each change of the workspace, and when the line is back;
 * `online(bool)` when it comes or goes. */
export function follow(onchange, online) {
  const stream = new EventSource(`/_/stream?as=${encodeURIComponent(person.id)}`);
  stream.onmessage = ({ data }) => onchange(JSON.parse(data).channel);
  stream.onopen = () => {
    online(true);
    onchange(null);
  };
  stream.onerror = () => online(false);
  return stream;
}
