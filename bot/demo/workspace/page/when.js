// Times in the reader's zone and language, in Slack's own date formats.

const DAY = 86_400_000;

function formatter(reader, options) {
  try {
    return new Intl.DateTimeFormat(reader.locale, { timeZone: reader.tz, ...options });
  } catch {
    return new Intl.DateTimeFormat("en-US", options); // a zone or locale that the browser lacks
  }
}

const STYLES = {
  date: { year: "numeric", month: "long", day: "numeric" },
  date_short: { year: "numeric", month: "short", day: "numeric" },
  date_long: { year: "numeric", month: "long", day: "numeric", weekday: "long" },
  time: { hour: "numeric", minute: "2-digit" },
  time_secs: { hour: "numeric", minute: "2-digit", second: "2-digit" },
};

/** yyyy-mm-dd where the reader is. */
export function dayOf(date, reader) {
  const parts = formatter(reader, { year: "numeric", month: "2-digit", day: "2-digit" });
  const part = Object.fromEntries(parts.formatToParts(date).map(({ type, value }) => [type, value]));
  return `${part.year}-${part.month}-${part.day}`;
}

function nearDay(date, reader, now) {
  const days = (Date.parse(dayOf(date, reader)) - Date.parse(dayOf(now, reader))) / DAY;
  if (Math.abs(days) > 1) return null;
  return new Intl.RelativeTimeFormat(reader.locale, { numeric: "auto" }).format(days, "day");
}

function ago(date, reader, now) {
  const seconds = Math.round((date - now) / 1000);
  const [unit, size] = [["day", 86_400], ["hour", 3600], ["minute", 60], ["second", 1]]
    .find(([, each]) => Math.abs(seconds) >= each) ?? ["second", 1];
  const format = new Intl.RelativeTimeFormat(reader.locale, { numeric: "auto" });
  return format.format(Math.trunc(seconds / size), unit);
}

function piece(name, date, reader, now) {
  if (name === "date_num") return dayOf(date, reader);
  if (name === "ago") return ago(date, reader, now);
  const style = name.replace(/_pretty$/, "");
  if (!(style in STYLES)) return `{${name}}`;
  const near = style === name ? null : nearDay(date, reader, now);
  return near ?? formatter(reader, STYLES[style]).format(date);
}

/** Slack's `<!date^…>`: `format` with {date_short_pretty}, {time} … filled in; null where
 * `timestamp` is no time. */
export function dateText(timestamp, format, reader, now = new Date()) {
  const date = new Date(Number(timestamp) * 1000);
  if (!/^\d+$/.test(timestamp) || Number.isNaN(date.getTime())) return null;
  const text = format.replace(/\{(\w+)\}/g, (_, name) => piece(name, date, reader, now));
  return format.startsWith("{") ? text[0].toUpperCase() + text.slice(1) : text;
}

const secondsOf = (ts) => ts.split(".")[0];

/** When a message was written: the clock, as it stands beside the name. */
export const clock = (ts, reader) => dateText(secondsOf(ts), "{time}", reader);
/** The same in full, for the tip. */
export const moment = (ts, reader) => dateText(secondsOf(ts), "{date_long} {time_secs}", reader);
/** The line between two days. */
export const dayName = (ts, reader) => dateText(secondsOf(ts), "{date_long_pretty}", reader);
export const dayKey = (ts, reader) => dayOf(new Date(Number(ts) * 1000), reader);
