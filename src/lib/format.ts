/** Quantities as people read them. Sizes are decimal (1 MB = 1,000,000 bytes), as disks and model hosts state them. */

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB'] as const;

/** @returns e.g. `0 B`, `812 kB`, `3.8 GB`: three significant digits at most. */
export function formatBytes(bytes: number): string {
  let value = Math.max(0, bytes);
  let unit = 0;
  // 999.5 would round to "1000 kB".
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  const digits = unit === 0 || value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;
  return `${trimZeros(value.toFixed(digits))} ${UNITS[unit] ?? 'B'}`;
}

/** @param bytesPerSecond 0 or less gives an empty string: nothing is known yet. */
export function formatSpeed(bytesPerSecond: number): string {
  return bytesPerSecond > 0 ? `${formatBytes(bytesPerSecond)}/s` : '';
}

/** @returns a rough duration: `8 s`, `3 min`, `1 h 20 min`; empty when not finite. */
export function formatDuration(seconds: number): string {
  if (!Number.isFinite(seconds) || seconds < 0) return '';
  if (seconds < 59.5) return `${String(Math.max(1, Math.round(seconds)))} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${String(minutes)} min`;
  const rest = minutes % 60;
  return `${String(Math.floor(minutes / 60))} h${rest === 0 ? '' : ` ${String(rest)} min`}`;
}

/** @returns whole number with thousands separated, e.g. `2,048`. */
export function formatCount(count: number): string {
  return Math.round(count).toLocaleString('en-GB');
}

/**
 * A day as a list shows it: the time for today, the weekday within a week, else the date.
 * @param time @param now milliseconds since the epoch. @returns empty for a time that is not known.
 */
export function formatDay(time: number, now = Date.now()): string {
  if (!isKnownTime(time)) return '';
  const day = new Date(time);
  const midnight = new Date(now).setHours(0, 0, 0, 0);
  if (time >= midnight && time <= now)
    return day.toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit' });
  if (time >= midnight - 6 * DAY_MS && time <= now)
    return day.toLocaleDateString('en-GB', { weekday: 'long' });
  return day.toLocaleDateString('en-GB', { day: 'numeric', month: 'short', year: 'numeric' });
}

/** A moment as a record states it, e.g. `30 Nov 2026, 03:03`. @param time milliseconds since the epoch. */
export function formatMoment(time: number): string {
  return new Date(time).toLocaleString('en-GB', {
    day: 'numeric',
    month: 'short',
    year: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
  });
}

const DAY_MS = 86_400_000;

/** A year after the epoch: what came in without a time counts from 0, a millisecond a message, to keep its order. */
const FIRST_KNOWN_TIME = Date.UTC(1971, 0, 1);

/** @param time milliseconds since the epoch. */
export function isKnownTime(time: number): boolean {
  return time >= FIRST_KNOWN_TIME && !Number.isNaN(new Date(time).getTime());
}

function trimZeros(text: string): string {
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text;
}
