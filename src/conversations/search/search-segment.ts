/**
 * A part of the search index as one block of bytes: which words occur in which texts. Pure.
 *
 * Layout (little endian): a header of six u32 — magic, documents, terms, and the byte lengths of the three texts below —
 * then u32 ends of every document name, of every term, of every term's postings; then the names (UTF-8), the terms (UTF-8,
 * in order of UTF-16 units), and the postings: per term the ascending numbers of its documents, each as LEB128 of its
 * distance to the one before. About 1.2 bytes for each word of each text.
 */
import { AppError } from '../../errors/app-error.ts';

/** "MMS4". It changes with the terms of a text too: a segment of other ones is built anew. */
const MAGIC = 0x3453_4d4d;
const HEADER_BYTES = 24;
const encoder = new TextEncoder();
const decoder = new TextDecoder();

export interface SegmentDocument {
  readonly name: string;
  readonly terms: Iterable<string>;
}

export class SearchSegment {
  readonly #documents: number;
  readonly #terms: number;
  readonly #ends: Uint32Array;
  readonly #names: Uint8Array;
  readonly #words: Uint8Array;
  readonly #postings: Uint8Array;

  /** @throws AppError `storage/failed` when the bytes are not a segment: the index is then built anew. */
  constructor(bytes: Uint8Array) {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (bytes.length < HEADER_BYTES || view.getUint32(0, true) !== MAGIC) throw damaged();
    this.#documents = view.getUint32(4, true);
    this.#terms = view.getUint32(8, true);
    const lengths = [view.getUint32(12, true), view.getUint32(16, true), view.getUint32(20, true)] as const;
    const count = this.#documents + 2 * this.#terms;
    let at = HEADER_BYTES + 4 * count;
    if (at + lengths[0] + lengths[1] + lengths[2] !== bytes.length) throw damaged();
    // Copied: a typed array over other bytes must be aligned.
    this.#ends = new Uint32Array(bytes.slice(HEADER_BYTES, at).buffer);
    this.#names = bytes.subarray(at, (at += lengths[0]));
    this.#words = bytes.subarray(at, (at += lengths[1]));
    this.#postings = bytes.subarray(at);
    if (
      this.#end(this.#documents - 1, 0) > lengths[0] ||
      this.#end(this.#terms - 1, this.#documents) > lengths[1] ||
      this.#end(this.#terms - 1, this.#documents + this.#terms) > lengths[2]
    ) {
      throw damaged();
    }
  }

  get documents(): number {
    return this.#documents;
  }

  get terms(): number {
    return this.#terms;
  }

  name(document: number): string {
    return decoder.decode(this.#names.subarray(this.#end(document - 1, 0), this.#end(document, 0)));
  }

  /** The first byte of a document's name, without decoding it. */
  initial(document: number): number {
    return this.#names[this.#end(document - 1, 0)] ?? 0;
  }

  term(index: number): string {
    const base = this.#documents;
    return decoder.decode(this.#words.subarray(this.#end(index - 1, base), this.#end(index, base)));
  }

  /** The documents of a term, ascending. */
  documentsOf(index: number): number[] {
    const documents: number[] = [];
    this.#decode(index, index + 1, (document) => documents.push(document));
    return documents;
  }

  /** The documents in which every one of these terms begins a word, the newest (highest) first. */
  find(prefixes: readonly string[]): number[] {
    // How many of the terms, in order, each document has: one pass per term, no sets.
    const matched = new Uint8Array(this.#documents);
    prefixes.forEach((prefix, step) => {
      this.#decode(this.#firstAtOrAfter(prefix), this.#firstAtOrAfter(`${prefix}\uffff`), (document) => {
        if (matched[document] === step) matched[document] = step + 1;
      });
    });
    const found: number[] = [];
    for (let document = this.#documents - 1; document >= 0; document--) {
      if (matched[document] === prefixes.length) found.push(document);
    }
    return found;
  }

  /** Visits the documents of each of these terms. The loop a search spends its time in. */
  #decode(from: number, to: number, visit: (document: number) => void): void {
    const bytes = this.#postings;
    const base = this.#documents + this.#terms;
    let at = this.#end(from - 1, base);
    for (let term = from; term < to; term++) {
      const end = this.#end(term, base);
      let document = -1;
      while (at < end) {
        let byte = bytes[at++] ?? 0;
        let delta = byte & 0x7f;
        for (let shift = 7; byte & 0x80 && at < end; shift += 7) {
          byte = bytes[at++] ?? 0;
          delta |= (byte & 0x7f) << shift;
        }
        document += delta;
        visit(document);
      }
    }
  }

  #firstAtOrAfter(term: string): number {
    let low = 0;
    let high = this.#terms;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.term(middle) < term) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #end(index: number, base: number): number {
    return index < 0 ? 0 : (this.#ends[base + index] ?? 0);
  }
}

/** Builds a segment; documents are numbered in the order given, which should be from old to new. */
export function buildSegment(documents: readonly SegmentDocument[]): Uint8Array {
  const postings = new Map<string, number[]>();
  documents.forEach(({ terms }, document) => {
    for (const term of terms) {
      const list = postings.get(term);
      if (list) list.push(document);
      else postings.set(term, [document]);
    }
  });
  const writer = new SegmentWriter(documents.map(({ name }) => name));
  for (const term of [...postings.keys()].sort(byUnits)) writer.add(term, postings.get(term) ?? []);
  return writer.finish();
}

/** Makes one segment of several, from old to new, without the documents `keep` turns down. */
export function mergeSegments(
  segments: readonly SearchSegment[],
  keep: (segment: number, name: string) => boolean,
): Uint8Array {
  const names: string[] = [];
  const numbers = segments.map((segment, index) =>
    Int32Array.from({ length: segment.documents }, (_, document) => {
      const name = segment.name(document);
      return keep(index, name) ? names.push(name) - 1 : -1;
    }),
  );
  const writer = new SegmentWriter(names);
  const heads = segments.map((segment) => ({
    segment,
    index: 0,
    term: segment.terms > 0 ? segment.term(0) : null,
  }));
  for (;;) {
    let least: string | null = null;
    for (const { term } of heads) if (term !== null && (least === null || term < least)) least = term;
    if (least === null) break;
    const documents: number[] = [];
    heads.forEach((head, which) => {
      if (head.term !== least) return;
      for (const document of head.segment.documentsOf(head.index)) {
        const number = numbers[which]?.[document] ?? -1;
        if (number >= 0) documents.push(number);
      }
      head.index++;
      head.term = head.index < head.segment.terms ? head.segment.term(head.index) : null;
    });
    // Numbers grow from segment to segment, so the list is ascending as it is.
    if (documents.length > 0) writer.add(least, documents);
  }
  return writer.finish();
}

class SegmentWriter {
  readonly #names: readonly string[];
  readonly #words = new GrowingBytes();
  readonly #wordEnds: number[] = [];
  readonly #postings = new GrowingBytes();
  readonly #postingEnds: number[] = [];

  constructor(names: readonly string[]) {
    this.#names = names;
  }

  /** Terms come in order of UTF-16 units, documents ascending. */
  add(term: string, documents: readonly number[]): void {
    this.#words.append(encoder.encode(term));
    this.#wordEnds.push(this.#words.length);
    let last = -1;
    for (const document of documents) {
      let delta = document - last;
      last = document;
      while (delta > 0x7f) {
        this.#postings.push((delta & 0x7f) | 0x80);
        delta >>>= 7;
      }
      this.#postings.push(delta);
    }
    this.#postingEnds.push(this.#postings.length);
  }

  finish(): Uint8Array {
    const names = new GrowingBytes();
    const nameEnds = this.#names.map((name) => {
      names.append(encoder.encode(name));
      return names.length;
    });
    const ends = Uint32Array.from([...nameEnds, ...this.#wordEnds, ...this.#postingEnds]);
    const header = Uint32Array.of(
      MAGIC,
      this.#names.length,
      this.#wordEnds.length,
      names.length,
      this.#words.length,
      this.#postings.length,
    );
    const parts = [
      new Uint8Array(header.buffer),
      new Uint8Array(ends.buffer),
      names.bytes(),
      this.#words.bytes(),
      this.#postings.bytes(),
    ];
    const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
    let at = 0;
    for (const part of parts) {
      out.set(part, at);
      at += part.length;
    }
    return out;
  }
}

class GrowingBytes {
  #bytes = new Uint8Array(1024);
  length = 0;

  push(byte: number): void {
    if (this.length === this.#bytes.length) this.#grow(this.length + 1);
    this.#bytes[this.length++] = byte;
  }

  append(bytes: Uint8Array): void {
    if (this.length + bytes.length > this.#bytes.length) this.#grow(this.length + bytes.length);
    this.#bytes.set(bytes, this.length);
    this.length += bytes.length;
  }

  bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.length);
  }

  #grow(least: number): void {
    const bigger = new Uint8Array(Math.max(least, 2 * this.#bytes.length));
    bigger.set(this.#bytes);
    this.#bytes = bigger;
  }
}

function byUnits(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function damaged(): AppError {
  return new AppError('storage/failed', 'A part of the search index is damaged');
}
