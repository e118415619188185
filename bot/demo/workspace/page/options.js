// What a choosing element offers, what is chosen in it, and how Slack writes that down.

import { plain } from "./mrkdwn.js";

const KINDS = {
  static_select: { one: "selected_option", many: "selected_options", initial: "initial_option" },
  users_select: { one: "selected_user", many: "selected_users", initial: "initial_user" },
  conversations_select: {
    one: "selected_conversation", many: "selected_conversations", initial: "initial_conversation",
  },
  channels_select: { one: "selected_channel", many: "selected_channels", initial: "initial_channel" },
};

/** The kind of a select's choices, multi or not; undefined where `type` is no select. */
const kindOf = (type) => KINDS[type.replace(/^multi_/, "")];
export const isSelect = (type) => kindOf(type) !== undefined;
export const isMulti = (type) => type.startsWith("multi_");

const choice = (option) => ({
  value: option.value,
  label: plain(option.text),
  detail: option.description && plain(option.description),
  option,
});

/** [{value, label, detail, group}] that the element offers to this reader. */
export function choices(element, ctx) {
  const type = element.type.replace(/^multi_/, "");
  if (type === "users_select") {
    return [...ctx.users.values()].map(({ id }) => ({ value: id, label: ctx.nameOf(id) }));
  }
  if (type === "channels_select" || type === "conversations_select") {
    return channels(element, ctx).map(({ id, is_im: im }) => ({ value: id, label: (im ? "" : "#") + ctx.channelName(id) }));
  }
  if (element.option_groups) {
    return element.option_groups.flatMap((group) =>
      group.options.map((option) => ({ ...choice(option), group: plain(group.label) })),
    );
  }
  return (element.options ?? []).map(choice);
}

function channels(element, ctx) {
  const { include, exclude_external_shared_channels: own } = element.filter ?? {};
  const kind = (channel) => (channel.is_im ? "im" : channel.is_private ? "private" : "public");
  const wanted = element.type.endsWith("channels_select") ? ["public"] : include;
  return [...ctx.channels.values()].filter(
    (channel) => (!wanted || wanted.includes(kind(channel))) && !(own && channel.is_ext_shared),
  );
}

/** The values that stand at first. */
export function initial(element, ctx) {
  if (element.default_to_current_conversation && ctx.channel) return [ctx.channel];
  const name = kindOf(element.type)?.initial ?? "initial_option";
  const given = element[name] ?? element[`${name}s`] ?? [];
  return [given].flat().map((each) => each.value ?? each);
}

/** The chosen values in the shape of Slack's view state and of a block action. */
export function written(element, values, ctx) {
  const { type } = element;
  const full = (value) => choices(element, ctx).find((each) => each.value === value)?.option ?? null;
  if (type === "checkboxes") return { type, selected_options: values.map(full) };
  if (type === "radio_buttons" || type === "overflow") return { type, selected_option: full(values[0]) };
  const kind = kindOf(type);
  const shaped = kind.one === "selected_option" ? values.map(full) : values;
  return isMulti(type) ? { type, [kind.many]: shaped } : { type, [kind.one]: shaped[0] ?? null };
}
