// What the views look things up in: the reader, people, channels, words, and what can be done.

import * as api from "./api.js";
import { confirmed } from "./dialogs.js";
import { speaker } from "./words.js";

const kept = new Map(); // place → what is chosen or typed in its elements

function valuesOf(place) {
  if (!kept.has(place)) kept.set(place, new Map());
  return kept.get(place);
}

/** The context of `data` (the server's state) as it is seen in `channel`. `deeds`: {redraw,
 * openThread, notice}. */
export function contextOf(data, channel, deeds) {
  const users = new Map(data.users.map((user) => [user.id, user]));
  const channels = new Map(data.channels.map((each) => [each.id, each]));
  const say = speaker(data.me.locale);
  const nameOf = (id) => users.get(id)?.real_name || users.get(id)?.name || id;
  const ctx = {
    me: data.me, users, channels, channel, say, nameOf, ...deeds,
    commands: data.commands,
    shortcuts: data.shortcuts.filter(({ type }) => type === "message"),
    appName: [...users.values()].find((user) => user.is_bot && user.id !== "USLACKBOT")?.real_name ?? "",
    groups: new Map(data.groups.map(({ id, handle }) => [id, handle])),
    channelName: (id) => channels.get(id)?.name ?? id,
    react: (ts, name) => told(api.react(channel, ts, name), ctx),
    shortcut: (ts, callback) => told(api.shortcut(channel, ts, callback), ctx),
  };
  ctx.at = (where, state) => placed(ctx, where, state);
  return ctx;
}

/** The same context within one message or view: its elements' values and what pressing them does.
 * `state` gives what a view's fields hold, which Slack sends along with a press. */
function placed(ctx, where, state) {
  const place = where.view_id ?? where.ts;
  const inside = { ...ctx, where, place, values: valuesOf(place) };
  inside.act = async (item, blockId, selected, node) => {
    if (item.confirm && !(await confirmed(item.confirm, ctx))) return;
    node?.setAttribute("aria-busy", "true");
    await told(api.press(where, blockId, item.action_id, selected, state?.(inside)), ctx);
    node?.removeAttribute("aria-busy");
  };
  return inside;
}

async function told(call, ctx) {
  const answer = await call;
  if (!answer.ok) ctx.notice(ctx.say("failed", { error: answer.error }));
}
