/** Longest stem in characters and in UTF-8 bytes: file systems take 255 bytes for a name, and programs add to it. */
const MOST_CHARACTERS = 50;
const MOST_BYTES = 180;

/**
 * A file name every system takes: from the title in any script, with the day where the person is.
 * @param time milliseconds since the epoch. @param extension with its dot.
 */
export function fileName(title: string, time: number, extension: string): string {
  const words = title
    .normalize('NFC')
    // Letters, their marks and digits of every script; no system forbids those, and none shows as a command.
    .replace(/[^\p{L}\p{M}\p{N}\s_-]+/gu, '')
    .trim()
    .replace(/[\s-]+/g, '-')
    .toLowerCase();
  let stem = '';
  const encoder = new TextEncoder();
  for (const { segment } of new Intl.Segmenter().segment(words.slice(0, 4 * MOST_CHARACTERS))) {
    const longer = stem + segment;
    if (longer.length > MOST_CHARACTERS || encoder.encode(longer).length > MOST_BYTES) break;
    stem = longer;
  }
  // A mark with no letter before it, or a dash at an end, is half a word.
  stem = stem.replace(/^[\p{M}_-]+|[_-]+$/gu, '');
  return `${stem || 'transcript'}-${localDay(time)}${extension}`;
}

/** e.g. `2026-11-21`, by the clock of the machine. */
export function localDay(time: number): string {
  const date = new Date(time);
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${String(date.getFullYear())}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}
