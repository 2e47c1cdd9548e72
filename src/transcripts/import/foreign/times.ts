/** A later number than this is no count of seconds (it would be the year 5138), an earlier one no count of milliseconds. */
const SECONDS_BELOW = 1e11;
/** The last time a `Date` can say. */
const LAST = 8.64e15;

/** @param value seconds or milliseconds since the epoch, or a date in words. @returns milliseconds; 0 for what is no time. */
export function timeOf(value: unknown): number {
  const number =
    typeof value === 'string' ? Date.parse(value) : typeof value === 'number' ? value : Number.NaN;
  if (!Number.isFinite(number) || number <= 0) return 0;
  const milliseconds = Math.round(
    typeof value === 'number' && number < SECONDS_BELOW ? number * 1000 : number,
  );
  // Room for the counting of messages that have the same time.
  return milliseconds < LAST - 1e9 ? milliseconds : 0;
}
