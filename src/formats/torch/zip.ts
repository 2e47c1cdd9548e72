import { AppError } from '../../errors/app-error.ts';
import type { ByteSource } from '../../lib/byte-source.ts';
import { MAX_NAME_BYTES } from '../limits.ts';
import { MAX_DEFLATE_RATIO, MAX_DIRECTORY_BYTES, MAX_ENTRIES } from './limits.ts';

/** One file of a zip, as the zip's directory describes it. */
export interface ZipEntry {
  readonly name: string;
  readonly method: 'stored' | 'deflated';
  readonly crc32: number;
  /** Bytes in the zip. */
  readonly packedBytes: number;
  /** Bytes when unpacked. */
  readonly bytes: number;
  /** Where its local header begins. */
  readonly headerOffset: number;
  /** Where the next local header, or the directory, begins: it must end before. */
  readonly endsBefore: number;
}

const END = 0x06054b50;
const END_64 = 0x06064b50;
const LOCATOR_64 = 0x07064b50;
const CENTRAL = 0x02014b50;
const LOCAL = 0x04034b50;
const END_BYTES = 22;
const END_64_BYTES = 56;
const LOCATOR_BYTES = 20;
const CENTRAL_BYTES = 46;
const LOCAL_BYTES = 30;
const MAX_COMMENT_BYTES = 0xffff;
const FULL_16 = 0xffff;
const FULL_32 = 0xffffffff;
const ENCRYPTED = 1;
/** Sizes follow the data; the local header may have zeros for them. */
const SIZES_FOLLOW = 8;
const ZIP64_FIELD = 1;

/**
 * Reads a zip's directory: two or three reads at its end, whatever its size.
 * Format: https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT (6.3.10), zip64 included.
 *
 * Stricter than unzip programs, so that no two readers see different files: nothing before, between directory and end
 * records, or behind; no name twice; no two entries at one place.
 * @throws AppError `transcode/truncated`, `transcode/malformed`, `transcode/over-limit`, `transcode/unsupported`
 *   (encryption, several disks, another compression), and what the source throws
 */
export async function readZipDirectory(
  source: ByteSource,
  signal?: AbortSignal,
): Promise<ReadonlyMap<string, ZipEntry>> {
  const { entries, bytes, offset } = await findDirectory(source, signal);
  const view = viewOf(await source.read(offset, bytes, signal));
  const list: Omit<ZipEntry, 'endsBefore'>[] = [];
  let at = 0;
  for (let n = 0; n < entries; n++) {
    const read = readCentral(view, at);
    list.push(read.entry);
    at = read.end;
  }
  if (at !== bytes) throw malformed('The archive’s directory is longer than its entries');
  return withEnds(list, offset);
}

function withEnds(
  list: readonly Omit<ZipEntry, 'endsBefore'>[],
  directoryOffset: number,
): ReadonlyMap<string, ZipEntry> {
  const inPlace = [...list].sort((a, b) => a.headerOffset - b.headerOffset);
  const entries = new Map<string, ZipEntry>();
  for (const [i, entry] of inPlace.entries()) {
    const endsBefore = inPlace[i + 1]?.headerOffset ?? directoryOffset;
    if (entry.headerOffset + LOCAL_BYTES + entry.packedBytes > endsBefore) {
      throw malformed('Two entries of the archive overlap', { entry: entry.name });
    }
    if (entries.has(entry.name)) throw malformed('The archive names an entry twice', { entry: entry.name });
    entries.set(entry.name, { ...entry, endsBefore });
  }
  return entries;
}

/**
 * Where an entry's bytes begin. Its local header must say what the directory says.
 * @throws AppError `transcode/malformed`, and what the source throws
 */
export async function locateEntry(
  source: ByteSource,
  entry: ZipEntry,
  signal?: AbortSignal,
): Promise<number> {
  const name = new TextEncoder().encode(entry.name);
  const length = Math.min(LOCAL_BYTES + name.length, entry.endsBefore - entry.headerOffset);
  const view = viewOf(await source.read(entry.headerOffset, length, signal));
  if (length < LOCAL_BYTES + name.length || view.getUint32(0, true) !== LOCAL) throw contradicts(entry);
  const flags = view.getUint16(6, true);
  const sizesFollow = (flags & SIZES_FOLLOW) !== 0;
  const agrees = (said: number, true_: number): boolean =>
    said === true_ || said === FULL_32 || (sizesFollow && said === 0);
  if (
    (flags & ENCRYPTED) !== 0 ||
    view.getUint16(8, true) !== (entry.method === 'stored' ? 0 : 8) ||
    !agrees(view.getUint32(14, true), entry.crc32) ||
    !agrees(view.getUint32(18, true), entry.packedBytes) ||
    !agrees(view.getUint32(22, true), entry.bytes) ||
    view.getUint16(26, true) !== name.length ||
    !name.every((byte, i) => view.getUint8(LOCAL_BYTES + i) === byte)
  ) {
    throw contradicts(entry);
  }
  const dataOffset = entry.headerOffset + LOCAL_BYTES + name.length + view.getUint16(28, true);
  if (dataOffset + entry.packedBytes > entry.endsBefore) {
    throw malformed('Two entries of the archive overlap', { entry: entry.name });
  }
  return dataOffset;
}

interface Directory {
  readonly entries: number;
  readonly bytes: number;
  readonly offset: number;
}

async function findDirectory(source: ByteSource, signal?: AbortSignal): Promise<Directory> {
  const tailBytes = Math.min(source.size, END_BYTES + MAX_COMMENT_BYTES);
  const tailOffset = source.size - tailBytes;
  const tail = viewOf(await source.read(tailOffset, tailBytes, signal));
  const endAt = findEnd(tail);
  if (endAt === null) {
    throw new AppError('transcode/truncated', 'The archive has no directory at its end: it was cut short', {
      size: source.size,
    });
  }
  const disks = tail.getUint32(endAt + 4, true);
  const onDisk = tail.getUint16(endAt + 8, true);
  const small: Directory = {
    entries: tail.getUint16(endAt + 10, true),
    bytes: tail.getUint32(endAt + 12, true),
    offset: tail.getUint32(endAt + 16, true),
  };
  const endOffset = tailOffset + endAt;
  const locatorAt = endOffset - LOCATOR_BYTES;
  const locator = locatorAt < 0 ? null : viewOf(await source.read(locatorAt, LOCATOR_BYTES, signal));
  if (locator?.getUint32(0, true) !== LOCATOR_64) {
    if (small.entries === FULL_16 || small.bytes === FULL_32 || small.offset === FULL_32) {
      throw malformed('The archive’s 64-bit directory is missing');
    }
    if (disks !== 0 || onDisk !== small.entries) throw severalDisks();
    return checked(small, endOffset);
  }
  const recordOffset = exact(locator, 8);
  if (recordOffset + END_64_BYTES > locatorAt) throw malformed('The archive’s directory is out of place');
  const record = viewOf(await source.read(recordOffset, END_64_BYTES, signal));
  if (record.getUint32(0, true) !== END_64 || recordOffset + 12 + exact(record, 4) !== locatorAt) {
    throw malformed('The archive’s 64-bit directory is not where it should be');
  }
  const large: Directory = {
    entries: exact(record, 32),
    bytes: exact(record, 40),
    offset: exact(record, 48),
  };
  if (exact(record, 24) !== large.entries || record.getUint32(16, true) + record.getUint32(20, true) !== 0) {
    throw severalDisks();
  }
  const agree = (a: number, b: number, full: number): boolean => a === full || a === b;
  if (
    !agree(small.entries, large.entries, FULL_16) ||
    !agree(small.bytes, large.bytes, FULL_32) ||
    !agree(small.offset, large.offset, FULL_32)
  ) {
    throw malformed('The archive’s two directories contradict each other');
  }
  return checked(large, recordOffset);
}

/** The last end record whose comment reaches exactly to the end of the file. */
function findEnd(tail: DataView): number | null {
  for (let at = tail.byteLength - END_BYTES; at >= 0; at--) {
    if (
      tail.getUint32(at, true) === END &&
      at + END_BYTES + tail.getUint16(at + 20, true) === tail.byteLength
    ) {
      return at;
    }
  }
  return null;
}

function checked(directory: Directory, end: number): Directory {
  const { entries, bytes, offset } = directory;
  if (entries > MAX_ENTRIES || bytes > MAX_DIRECTORY_BYTES) {
    throw new AppError('transcode/over-limit', 'The archive’s directory is absurdly large', {
      entries,
      bytes,
    });
  }
  if (offset + bytes !== end) throw malformed('The archive’s directory is out of place');
  return directory;
}

function readCentral(
  view: DataView,
  at: number,
): { readonly entry: Omit<ZipEntry, 'endsBefore'>; readonly end: number } {
  if (at + CENTRAL_BYTES > view.byteLength || view.getUint32(at, true) !== CENTRAL) {
    throw malformed('The archive’s directory is damaged');
  }
  const nameBytes = view.getUint16(at + 28, true);
  const extraBytes = view.getUint16(at + 30, true);
  const extraAt = at + CENTRAL_BYTES + nameBytes;
  const end = extraAt + extraBytes + view.getUint16(at + 32, true);
  if (end > view.byteLength) throw malformed('The archive’s directory is damaged');
  if (nameBytes > MAX_NAME_BYTES) {
    throw new AppError('transcode/over-limit', 'A name in the archive is absurdly long', {
      bytes: nameBytes,
    });
  }
  const name = decodeName(view, at + CENTRAL_BYTES, nameBytes);
  if ((view.getUint16(at + 8, true) & ENCRYPTED) !== 0) {
    throw new AppError('transcode/unsupported', 'The archive is encrypted', { entry: name });
  }
  const methodId = view.getUint16(at + 10, true);
  const method = methodId === 0 ? 'stored' : methodId === 8 ? 'deflated' : null;
  if (method === null) {
    throw new AppError('transcode/unsupported', 'The archive uses a compression other than deflate', {
      entry: name,
      method: methodId,
    });
  }
  const sizes = readSizes(view, at, extraAt, extraBytes);
  const { bytes, packedBytes, headerOffset } = sizes;
  const possible = method === 'stored' ? bytes === packedBytes : bytes <= packedBytes * MAX_DEFLATE_RATIO;
  if (!possible) {
    throw malformed('An entry of the archive says it unpacks to more than it can', { entry: name });
  }
  return {
    entry: { name, method, crc32: view.getUint32(at + 16, true), bytes, packedBytes, headerOffset },
    end,
  };
}

/** The three numbers that outgrow 32 bits; the zip64 field has only those that did, in this order. */
function readSizes(
  view: DataView,
  at: number,
  extraAt: number,
  extraBytes: number,
): Pick<ZipEntry, 'bytes' | 'packedBytes' | 'headerOffset'> {
  const field = findField(view, extraAt, extraBytes);
  let next = field?.at ?? 0;
  const wide = (small: number): number => {
    if (small !== FULL_32) return small;
    if (field === null || next + 8 > field.end) throw malformed('A 64-bit size is missing in the archive');
    next += 8;
    return exact(view, next - 8);
  };
  const bytes = wide(view.getUint32(at + 24, true));
  const packedBytes = wide(view.getUint32(at + 20, true));
  const headerOffset = wide(view.getUint32(at + 42, true));
  return { bytes, packedBytes, headerOffset };
}

function findField(
  view: DataView,
  start: number,
  length: number,
): { readonly at: number; readonly end: number } | null {
  for (let at = start; at + 4 <= start + length;) {
    const end = at + 4 + view.getUint16(at + 2, true);
    if (end > start + length) throw malformed('The archive’s directory is damaged');
    if (view.getUint16(at, true) === ZIP64_FIELD) return { at: at + 4, end };
    at = end;
  }
  return null;
}

function decodeName(view: DataView, at: number, length: number): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(
      new Uint8Array(view.buffer, view.byteOffset + at, length),
    );
  } catch (thrown) {
    throw new AppError('transcode/malformed', 'A name in the archive is not text', {}, { cause: thrown });
  }
}

/** A 64-bit number JavaScript can count with. */
function exact(view: DataView, at: number): number {
  const value = view.getBigUint64(at, true);
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw malformed('A size in the archive is absurdly large');
  return Number(value);
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function contradicts({ name }: ZipEntry): AppError {
  return malformed('An entry of the archive contradicts the archive’s directory', { entry: name });
}

function severalDisks(): AppError {
  return new AppError('transcode/unsupported', 'The archive is split over several disks');
}

function malformed(message: string, details: Readonly<Record<string, string>> = {}): AppError {
  return new AppError('transcode/malformed', message, details);
}
