// The channels on the left (on a phone: in front), and who looks.

import { el, icon } from "./dom.js";
import { openMenu } from "./menu.js";
import { avatar } from "./message.js";

/** The sidebar's content. */
export function sidebar(ctx, { unread, open, go, lookAs, toggle }) {
  const channels = [...ctx.channels.values()];
  const groups = [
    [ctx.say("channels"), channels.filter((channel) => !channel.is_im)],
    [ctx.say("direct"), channels.filter((channel) => channel.is_im)],
  ];
  return el(open ? "nav.sidebar.open" : "nav.sidebar", { id: "sidebar", "aria-label": ctx.say("channels") },
    el("header.sidebar-head", {}, el("strong", {}, ctx.say("workspace")),
      el("button.icon-button.only-phone", { type: "button", "aria-label": ctx.say("close"), onclick: () => toggle(false) }, icon("close"))),
    el("div.sidebar-groups", {}, groups.filter(([, list]) => list.length).map(([title, list]) =>
      el("section", {}, el("h2", {}, title), el("ul", {}, list.map((channel) => entry(channel, unread.get(channel.id) ?? 0, ctx, go)))))),
    personButton(ctx, lookAs));
}

function entry(channel, unread, ctx, go) {
  const here = channel.id === ctx.channel;
  const onclick = (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    go(channel.id);
  };
  return el("li", { "data-key": channel.id },
    el(unread ? "a.entry.unread" : "a.entry", { href: addressOf(ctx.me.id, channel.id), "aria-current": here && "page", onclick },
      icon(channel.is_im ? "person" : channel.is_private ? "lock" : "hash"),
      el("span.entry-name", {}, ctx.channelName(channel.id)),
      unread > 0 && el("span.count", { "aria-label": ctx.say("unread", { count: unread }) }, unread)));
}

/** The page's address for a person, a channel and a thread. */
export function addressOf(person, channel, thread) {
  const parts = Object.entries({ as: person, channel, thread }).filter(([, value]) => value);
  return `/?${new URLSearchParams(parts)}`;
}

function personButton(ctx, lookAs) {
  const people = [...ctx.users.values()].filter((user) => !user.is_bot);
  const items = people.map(({ id, locale, tz }) => ({
    value: id, label: id === ctx.me.id ? `${ctx.nameOf(id)} ${ctx.say("you")}` : ctx.nameOf(id),
    detail: [locale, tz].filter(Boolean).join(" · "),
  }));
  const onclick = ({ currentTarget }) =>
    openMenu(currentTarget, items, {
      label: ctx.say("switch_person"), say: ctx.say, chosen: [ctx.me.id], onpick: ([id]) => lookAs(id),
    });
  const name = ctx.nameOf(ctx.me.id);
  return el("button.person", { type: "button", "aria-haspopup": "listbox", "aria-expanded": "false", title: ctx.say("switch_person"), "aria-label": `${ctx.say("switch_person")}: ${name}`, onclick },
    avatar({ id: ctx.me.id, name }), el("span.person-name", {}, name), icon("caret"));
}
