// Numbers and times as people read them: in columns, and in UTC as the API has them.

const WHOLE = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const TENTHS = new Intl.NumberFormat("en", { minimumFractionDigits: 1, maximumFractionDigits: 1 });

export const number = (value) => WHOLE.format(value);

/** Per second: tenths while they say something. */
export function rate(value) {
  if (value === null) return "–";
  return value >= 100 ? WHOLE.format(value) : TENTHS.format(value);
}

/** `2026-02-03 10:11:12` of milliseconds since the epoch. */
export function moment(ms) {
  const text = new Date(ms).toISOString();
  return `${text.slice(0, 10)} ${text.slice(11, 19)}`;
}

export const timeOfDay = (ms) => new Date(ms).toISOString().slice(11, 19);

/** `3 d 4 h`, `12 min`, `40 s`. */
export function span(ms) {
  const seconds = Math.floor(ms / 1000);
  const [days, hours, minutes] = [Math.floor(seconds / 86400), Math.floor(seconds / 3600) % 24, Math.floor(seconds / 60) % 60];
  if (days > 0) return `${days} d ${hours} h`;
  if (hours > 0) return `${hours} h ${minutes} min`;
  if (minutes > 0) return `${minutes} min ${seconds % 60} s`;
  return `${seconds} s`;
}

export function bytes(count) {
  if (count < 1024) return `${count} bytes`;
  if (count < 1024 * 1024) return `${TENTHS.format(count / 1024)} KiB`;
  return `${TENTHS.format(count / 1024 / 1024)} MiB`;
}

export const plural = (count, one, many = `${one}s`) => `${number(count)} ${count === 1 ? one : many}`;

/** How fast time passes on the site, from what it says each second. */
export function pace(speed) {
  if (speed === null) return "–";
  if (speed < 0.02) return "frozen";
  return Math.abs(speed - 1) < 0.1 ? "real time" : `${speed >= 10 ? WHOLE.format(speed) : speed.toFixed(1)}× real time`;
}

/** `7` or `7–9`. Ids are names: no separators, so that they can be searched and copied. */
export const ids = (from, to) => (from === to ? String(from) : `${from}–${to}`);
