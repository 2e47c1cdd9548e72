/** One spelling for every value, so that a hash speaks of content and not of key order or white space. */
import { createSHA256 } from 'hash-wasm';
import { unixLineEnds } from './hash-marks.ts';

/**
 * Canonical JSON after RFC 8785: keys sorted by UTF-16 code units, no white space, numbers as ECMAScript writes them,
 * `undefined` members left out. Lone surrogates are written as escapes, so the result is always valid Unicode.
 * Not recursive per array element of messages: depth is bounded by the records' own shape.
 */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((each) => canonicalJson(each ?? null)).join(',')}]`;
  if (typeof value === 'object' && value !== null) {
    const members = Object.entries(value)
      .filter(([, member]) => member !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
      .map(([key, member]) => `${JSON.stringify(key)}:${canonicalJson(member)}`);
    return `{${members.join(',')}}`;
  }
  return JSON.stringify(value ?? null);
}

/** A SHA-256 fed piece by piece, so that an export of everything never stands in memory at once. */
export interface ContentHash {
  update(text: string): void;
  /** Lower-case hex. Ends the hash. */
  digest(): string;
}

export async function contentHash(): Promise<ContentHash> {
  const hash = await createSHA256();
  return {
    update: (text) => {
      hash.update(text);
    },
    digest: () => hash.digest('hex'),
  };
}

/**
 * A hash of readable text with line feeds for line ends, whatever they were: programs that save a text file again may change
 * them, and its words are the same.
 */
export async function unixTextHash(): Promise<ContentHash> {
  const hash = await contentHash();
  // A carriage return at the end of one piece belongs to a line feed at the start of the next.
  let held = '';
  return {
    update: (text) => {
      const whole = held + text;
      held = whole.endsWith('\r') ? '\r' : '';
      hash.update(unixLineEnds(held === '' ? whole : whole.slice(0, -1)));
    },
    digest: () => {
      hash.update(held);
      return hash.digest();
    },
  };
}

/** @returns a function giving the first 16 hex digits of a value's SHA-256: enough to tell which message was changed. */
export async function shortDigests(): Promise<(value: unknown) => string> {
  const hash = await createSHA256();
  return (value) => {
    hash.init();
    hash.update(canonicalJson(value));
    return hash.digest('hex').slice(0, 16);
  };
}

/** SHA-256 of the UTF-8 bytes of `text`, lower-case hex. */
export async function textSha256(text: string): Promise<string> {
  const hash = await contentHash();
  hash.update(text);
  return hash.digest();
}

/** SHA-256 of a file's bytes, lower-case hex. */
export async function blobSha256(file: Blob): Promise<string> {
  const hash = await createSHA256();
  const reader = file.stream().getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return hash.digest('hex');
    hash.update(value);
  }
}
