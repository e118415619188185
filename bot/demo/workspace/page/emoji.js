// The emoji that messages of tools use. Any other name stays as it is written, `:name:`.

const SIGNS = {
  "+1": "👍", "-1": "👎", alarm_clock: "⏰", ambulance: "🚑", arrow_down: "⬇️", arrow_forward: "▶️",
  arrow_left: "⬅️", arrow_right: "➡️", arrow_up: "⬆️", arrows_counterclockwise: "🔄", ballot_box_with_check: "☑️",
  bar_chart: "📊", bell: "🔔", black_circle: "⚫", black_square_for_stop: "⏹️", blue_circle: "🔵", bookmark: "🔖", books: "📚",
  bug: "🐛", bulb: "💡", calendar: "📆", chart_with_upwards_trend: "📈", clipboard: "📋", clock1: "🕐",
  computer: "💻", construction: "🚧", double_vertical_bar: "⏸️", electric_plug: "🔌", exclamation: "❗",
  eyes: "👀", fire: "🔥", gear: "⚙️", globe_with_meridians: "🌐", grey_question: "❔", hammer_and_wrench: "🛠️",
  hand: "✋", heart: "❤️", heavy_check_mark: "✔️", heavy_minus_sign: "➖", heavy_multiplication_x: "✖️",
  hourglass: "⌛", hourglass_flowing_sand: "⏳", information_source: "ℹ️", key: "🔑", large_blue_circle: "🔵",
  large_green_circle: "🟢", large_orange_circle: "🟠", large_red_square: "🟥", large_green_square: "🟩",
  large_yellow_circle: "🟡", large_yellow_square: "🟨", link: "🔗", lock: "🔒", mag: "🔍", memo: "📝",
  mute: "🔇", no_bell: "🔕", no_entry: "⛔", no_entry_sign: "🚫", ok: "🆗", ok_hand: "👌", octagonal_sign: "🛑",
  package: "📦", page_facing_up: "📄", paperclip: "📎", pray: "🙏", pushpin: "📌", question: "❓",
  raised_hands: "🙌", red_circle: "🔴", repeat: "🔁", rocket: "🚀", rotating_light: "🚨", round_pushpin: "📍",
  satellite_antenna: "📡", shield: "🛡️", smile: "😄", snowflake: "❄️", speech_balloon: "💬", stopwatch: "⏱️",
  tada: "🎉", thinking_face: "🤔", thumbsdown: "👎", thumbsup: "👍", traffic_light: "🚥", twisted_rightwards_arrows: "🔀",
  unlock: "🔓", warning: "⚠️", wave: "👋", white_check_mark: "✅", white_circle: "⚪", white_large_square: "⬜",
  wrench: "🔧", x: "❌", zap: "⚡", zzz: "💤",
};

/** The sign, or null for a name that is not in the set. */
export const emoji = (name) => (Object.hasOwn(SIGNS, name) ? SIGNS[name] : null);

/** Text with each known `:name:` as its sign. */
export const withEmoji = (text) => text.replace(/:([a-z0-9_+-]+):/g, (all, name) => emoji(name) ?? all);

/** What a person can react with. */
export const REACTIONS = ["eyes", "white_check_mark", "+1", "pray", "x", "tada"];
