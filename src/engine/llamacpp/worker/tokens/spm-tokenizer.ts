/**
 * The SentencePiece-style tokenizer of Llama models, from the vocabulary inside a GGUF. wllama offers none: its only token
 * count is a completion's usage, which costs a prefill and evicts a chat's KV cache. This one counts exactly, also while a
 * reply is being generated, and tells `score` where an option's tokens begin.
 *
 * Algorithm: llama.cpp's `llm_tokenizer_spm` (src/llama-vocab.cpp): characters are joined pairwise, the pair whose token
 * has the highest score first (the leftmost of equals); what is no token falls back to its pieces, then to byte tokens.
 *
 * No pair is ever joined where no token holds its two characters side by side. Text is cut there, mostly at words, and each piece
 * is looked up before it is joined anew: a prompt that differs from the last in a few words costs those words.
 */
import { Heap } from '../../../../lib/heap.ts';
import type { GgufHeader } from '../../../../formats/gguf/gguf-parser.ts';

/** Token types of GGUF (`tokenizer.ggml.token_type`). */
const UNKNOWN = 2;
const CONTROL = 3;
const USER_DEFINED = 4;
const BYTE = 6;

const SPACE = '▁';
/** Pieces remembered, a few MB at most; a whole window of text has some two thousand. */
const REMEMBERED = 20_000;
const LONGEST_REMEMBERED = 64;
const UTF8 = new TextEncoder();

interface Vocabulary {
  readonly tokens: readonly string[];
  readonly scores: ArrayLike<number>;
  readonly types: ArrayLike<number>;
  /** Whether text is given a leading space before it is cut. */
  readonly addSpacePrefix: boolean;
  /** Whether llama.cpp puts BOS in front of a prompt. */
  readonly addBos: boolean;
}

/** @returns null when the model's tokenizer is of another family (byte-level BPE, WordPiece, …) or its tables do not fit. */
export function readSpmVocabulary(metadata: GgufHeader['metadata']): Vocabulary | null {
  if (metadata.get('tokenizer.ggml.model') !== 'llama') return null;
  const tokens = metadata.get('tokenizer.ggml.tokens');
  const scores = metadata.get('tokenizer.ggml.scores');
  const types = metadata.get('tokenizer.ggml.token_type');
  if (!isTexts(tokens) || !(scores instanceof Float32Array) || !(types instanceof Int32Array)) return null;
  if (scores.length !== tokens.length || types.length !== tokens.length) return null;
  return {
    tokens,
    scores,
    types,
    addSpacePrefix: metadata.get('tokenizer.ggml.add_space_prefix') !== false,
    addBos: metadata.get('tokenizer.ggml.add_bos_token') !== false,
  };
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((one) => typeof one === 'string');
}

/** A stretch of text in the doubly linked list of symbols. `length` 0: merged into its left neighbour. */
interface Symbol {
  text: string;
  previous: number;
  next: number;
}

interface Pair {
  readonly left: number;
  readonly right: number;
  readonly score: number;
  readonly text: string;
}

export class SpmTokenizer {
  readonly addsBos: boolean;
  /** Texts that llama.cpp reads as control tokens wherever they stand in a prompt, e.g. `</s>`. */
  readonly controlTexts: readonly string[];
  readonly #vocabulary: Vocabulary;
  readonly #ids = new Map<string, number>();
  /** Texts matched whole before anything else, longest first. */
  readonly #atoms: readonly string[];
  readonly #byteIds = new Int32Array(256).fill(-1);
  readonly #byteOf = new Map<number, number>();
  /** Two characters that stand side by side in some token, as one number. Made when first needed. */
  #neighbours: ReadonlySet<number> | null = null;
  readonly #pieces = new Map<string, readonly number[]>();

  constructor(vocabulary: Vocabulary) {
    this.#vocabulary = vocabulary;
    this.addsBos = vocabulary.addBos;
    const control: string[] = [];
    const atoms: string[] = [];
    vocabulary.tokens.forEach((text, id) => {
      this.#ids.set(text, id); // of equal texts the last one counts, as in llama.cpp
      const type = vocabulary.types[id];
      if (type === BYTE) {
        const byte = Number.parseInt(/^<0x([0-9A-Fa-f]{2})>$/.exec(text)?.[1] ?? '', 16);
        if (Number.isNaN(byte)) return;
        this.#byteIds[byte] = id;
        this.#byteOf.set(id, byte);
      } else if (text !== '' && (type === CONTROL || type === UNKNOWN)) {
        control.push(text);
        atoms.push(text);
      } else if (text !== '' && type === USER_DEFINED) {
        atoms.push(text);
      }
    });
    this.controlTexts = control;
    this.#atoms = atoms.sort((a, b) => b.length - a.length);
  }

  get size(): number {
    return this.#vocabulary.tokens.length;
  }

  /** Byte tokens that are no ASCII: alone they are no text, together they may be. */
  get highByteIds(): readonly number[] {
    return [...this.#byteIds.subarray(0x80)].filter((id) => id !== -1);
  }

  /** Token ids of `text` as llama.cpp cuts a prompt, without BOS. Control texts become their tokens: break them first. */
  encode(text: string): number[] {
    const ids: number[] = [];
    let afterAtom = true;
    for (const part of this.#parts(text)) {
      if (part.atom !== undefined) {
        ids.push(part.atom);
        afterAtom = true;
      } else {
        const prefix = this.#vocabulary.addSpacePrefix && afterAtom ? SPACE : '';
        for (const piece of this.#cut(prefix + part.text.replaceAll(' ', SPACE)))
          ids.push(...this.#idsOf(piece));
        afterAtom = false;
      }
    }
    return ids;
  }

  /** The text that tokens stand for; a space that `encode` put in front is taken off again. Stray bytes become U+FFFD. */
  decode(ids: readonly number[]): string {
    const bytes: number[] = [];
    for (const id of ids) {
      const byte = this.#byteOf.get(id);
      if (byte !== undefined) bytes.push(byte);
      else bytes.push(...UTF8.encode((this.#vocabulary.tokens[id] ?? '').replaceAll(SPACE, ' ')));
    }
    const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(Uint8Array.from(bytes));
    return this.#vocabulary.addSpacePrefix && text.startsWith(' ') ? text.slice(1) : text;
  }

  #parts(text: string): { readonly text: string; readonly atom?: number }[] {
    let parts: { readonly text: string; readonly atom?: number }[] = text === '' ? [] : [{ text }];
    for (const atom of this.#atoms) {
      const id = this.#ids.get(atom);
      if (id === undefined || !text.includes(atom)) continue;
      parts = parts.flatMap((part) => {
        if (part.atom !== undefined) return [part];
        return part.text
          .split(atom)
          .flatMap((piece, index) => [...(index > 0 ? [{ text: atom, atom: id }] : []), { text: piece }])
          .filter((piece) => piece.text !== '');
      });
    }
    return parts;
  }

  /** Where no two characters could be joined. */
  *#cut(text: string): Iterable<string> {
    const neighbours = (this.#neighbours ??= neighboursIn(this.#vocabulary.tokens));
    let [start, at, before] = [0, 0, -1];
    for (const character of text) {
      const code = character.codePointAt(0) ?? 0;
      if (before !== -1 && !neighbours.has(pairOf(before, code))) {
        yield text.slice(start, at);
        start = at;
      }
      before = code;
      at += character.length;
    }
    if (at > start) yield text.slice(start);
  }

  #idsOf(piece: string): readonly number[] {
    const known = this.#pieces.get(piece);
    if (known) return known;
    const ids: number[] = [];
    this.#encodeText(piece, ids);
    if (piece.length <= LONGEST_REMEMBERED) {
      if (this.#pieces.size >= REMEMBERED) this.#pieces.clear();
      this.#pieces.set(piece, ids);
    }
    return ids;
  }

  #encodeText(text: string, ids: number[]): void {
    const symbols: Symbol[] = Array.from(text).map((character, index) => ({
      text: character,
      previous: index - 1,
      next: index + 1,
    }));
    const last = symbols.at(-1);
    if (!last) return;
    last.next = -1;
    const queue = new Heap<Pair>(before);
    /** Token text → the two pieces it was last made of, for taking it apart again. */
    const madeOf = new Map<string, readonly [string, string]>();

    const offer = (left: number, right: number): void => {
      const [a, b] = [symbols[left], symbols[right]];
      if (!a || !b) return;
      const joined = a.text + b.text;
      const id = this.#ids.get(joined);
      if (id === undefined) return;
      queue.push({ left, right, score: this.#vocabulary.scores[id] ?? 0, text: joined });
      madeOf.set(joined, [a.text, b.text]);
    };

    for (let i = 1; i < symbols.length; i += 1) offer(i - 1, i);
    for (let pair = queue.pop(); pair; pair = queue.pop()) {
      const [left, right] = [symbols[pair.left], symbols[pair.right]];
      // A pair is out of date once either side was merged with something else.
      if (!left || !right || left.text === '' || right.text === '' || left.text + right.text !== pair.text)
        continue;
      left.text = pair.text;
      right.text = '';
      left.next = right.next;
      const after = symbols[right.next];
      if (after) after.previous = pair.left;
      offer(left.previous, pair.left);
      offer(pair.left, left.next);
    }
    for (let at = 0; at !== -1;) {
      const symbol = symbols[at];
      if (!symbol) break;
      this.#emit(symbol.text, madeOf, ids);
      at = symbol.next;
    }
  }

  #emit(text: string, madeOf: ReadonlyMap<string, readonly [string, string]>, ids: number[]): void {
    const id = this.#ids.get(text);
    if (id !== undefined) {
      ids.push(id);
      return;
    }
    const pieces = madeOf.get(text);
    if (pieces) {
      for (const piece of pieces) this.#emit(piece, madeOf, ids);
      return;
    }
    for (const byte of UTF8.encode(text)) {
      const byteId = this.#byteIds[byte] ?? -1;
      // Without byte tokens llama.cpp looks the raw byte up as a token of its own.
      const fallback = byteId === -1 ? this.#ids.get(String.fromCharCode(byte)) : byteId;
      if (fallback !== undefined) ids.push(fallback);
    }
  }
}

const pairOf = (a: number, b: number): number => a * 0x11_00_00 + b;

function neighboursIn(tokens: readonly string[]): ReadonlySet<number> {
  const pairs = new Set<number>();
  for (const token of tokens) {
    let before = -1;
    for (const character of token) {
      const code = character.codePointAt(0) ?? 0;
      if (before !== -1) pairs.add(pairOf(before, code));
      before = code;
    }
  }
  return pairs;
}

/** Highest score first, of equal scores the leftmost pair. */
function before(a: Pair, b: Pair): boolean {
  return a.score > b.score || (a.score === b.score && a.left < b.left);
}
