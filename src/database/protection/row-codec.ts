/**
 * Rows as bytes, and back the same: JSON, where it says everything; with marks for what JSON has no words for (bytes, NaN, the
 * infinities), where it does not. Layout: one byte of kind, and for kind 1 the length of the JSON (u32, little-endian), the JSON,
 * and each byte array behind its length.
 */
import { AppError } from '../../errors/app-error.ts';

const PLAIN = 0;
const MARKED = 1;
/** Stands in an object for what JSON has no words for; an object of the row's own with this key is wrapped in one. */
const MARK = '\u0000';

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true });

/** Whether JSON gives the value back as it was. Fields that are undefined are left out, as IndexedDB's readers expect. */
function isJson(value: unknown): boolean {
  if (typeof value === 'number') return Number.isFinite(value) && !Object.is(value, -0);
  if (typeof value !== 'object' || value === null) return true;
  if (Array.isArray(value)) return value.every((each) => each !== undefined && isJson(each));
  if (ArrayBuffer.isView(value)) return false;
  return Object.entries(value).every(([key, each]) => key !== MARK && isJson(each));
}

export function encodeRow(row: object): Uint8Array<ArrayBuffer> {
  if (isJson(row)) {
    const json = encoder.encode(JSON.stringify(row));
    const bytes = new Uint8Array(1 + json.length);
    bytes[0] = PLAIN;
    bytes.set(json, 1);
    return bytes;
  }
  const parts: Uint8Array[] = [];
  const json = encoder.encode(JSON.stringify(marked(row, parts)));
  const size = parts.reduce((sum, part) => sum + 4 + part.length, 5 + json.length);
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
  bytes[0] = MARKED;
  let at = 1;
  for (const part of [json, ...parts]) {
    view.setUint32(at, part.length, true);
    bytes.set(part, at + 4);
    at += 4 + part.length;
  }
  return bytes;
}

/** @throws AppError `storage/failed`: these are no bytes of `encodeRow`. */
export function decodeRow(bytes: Uint8Array): unknown {
  try {
    if (bytes[0] === PLAIN) return JSON.parse(decoder.decode(bytes.subarray(1)));
    if (bytes[0] !== MARKED) throw new RangeError(`kind ${String(bytes[0])}`);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const parts: Uint8Array[] = [];
    for (let at = 1; at < bytes.length;) {
      const length = view.getUint32(at, true);
      if (at + 4 + length > bytes.length) throw new RangeError('cut off');
      // A copy: what is kept of a row must not hold on to all of it.
      parts.push(bytes.slice(at + 4, at + 4 + length));
      at += 4 + length;
    }
    const [json, ...rest] = parts;
    return unmarked(JSON.parse(decoder.decode(json)), rest);
  } catch (thrown) {
    throw new AppError('storage/failed', 'A row of the database can’t be read', {}, { cause: thrown });
  }
}

function marked(value: unknown, parts: Uint8Array[]): unknown {
  if (typeof value === 'number')
    return isJson(value) ? value : { [MARK]: Object.is(value, -0) ? '-0' : String(value) };
  if (value === undefined) return { [MARK]: 'undefined' };
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Uint8Array) return { [MARK]: parts.push(value) - 1 };
  if (Array.isArray(value)) return value.map((each) => marked(each, parts));
  const fields = Object.entries(value).flatMap(([key, each]) =>
    each === undefined ? [] : [[key, marked(each, parts)] as const],
  );
  const object = Object.fromEntries(fields);
  return Object.hasOwn(object, MARK) ? { [MARK]: [object] } : object;
}

function unmarked(value: unknown, parts: readonly Uint8Array[]): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((each) => unmarked(each, parts));
  const mark = MARK in value ? value[MARK] : null;
  if (typeof mark === 'number') return parts[mark];
  if (typeof mark === 'string') return mark === 'undefined' ? undefined : Number(mark);
  const object: unknown = Array.isArray(mark) ? mark[0] : value;
  return Object.fromEntries(
    Object.entries(object as object).map(([key, each]) => [key, unmarked(each, parts)]),
  );
}
