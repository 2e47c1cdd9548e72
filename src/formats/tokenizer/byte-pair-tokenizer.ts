import { Heap } from '../../lib/heap.ts';
import { marksOf } from './stop-tokens.ts';
import type { BytePairVocabulary, PreTokenizer } from './vocabulary.ts';

interface Pair {
  /** Where its left piece stands. */
  readonly at: number;
  readonly rank: number;
}

const CONTROL = 3;
const UNKNOWN = 2;

/**
 * Byte-level byte pairs, as GPT-2 and Llama 3 cut text, from the vocabulary inside a GGUF.
 * Algorithm: llama.cpp's `llm_tokenizer_bpe` (src/llama-vocab.cpp): added tokens are matched whole; what is between them is cut
 * into words by an expression, each word's bytes are spelt as GPT-2's printable characters, and pairs are joined, the merge
 * learnt first before the others, of equals the leftmost.
 */
export class BytePairTokenizer {
  /** Whether llama.cpp puts BOS in front of a prompt. */
  readonly addsBos: boolean;
  /** Texts that llama.cpp reads as control tokens wherever they stand in a prompt, e.g. `<|eot_id|>`. */
  readonly controlTexts: readonly string[];
  /** Tokens of bytes that are no ASCII: alone they are no text, together they may be. */
  readonly highByteIds: readonly number[];
  readonly #tokens: readonly string[];
  readonly #ids = new Map<string, number>();
  readonly #ranks = new Map<string, number>();
  /** Texts matched whole before anything else, longest first. */
  readonly #atoms: readonly string[];
  readonly #atomIds: ReadonlySet<number>;
  readonly #cut: (text: string) => string[];
  readonly #ignoreMerges: boolean;

  constructor({ tokens, types, merges, preTokenizer, ignoreMerges, addBos }: BytePairVocabulary) {
    this.addsBos = addBos;
    this.#tokens = tokens;
    this.#ignoreMerges = ignoreMerges;
    this.#cut = cutter(preTokenizer);
    for (const [id, text] of tokens.entries()) this.#ids.set(text, id); // of equal texts the last counts, as in llama.cpp
    for (const [rank, merge] of merges.entries()) if (!this.#ranks.has(merge)) this.#ranks.set(merge, rank);
    const marks = [...marksOf(tokens, types)].filter(({ content }) => content !== '');
    for (const [id, content] of tokens.entries())
      if (types[id] === UNKNOWN && content !== '') marks.push({ id, content });
    this.#atoms = marks.map(({ content }) => content).sort((a, b) => b.length - a.length);
    this.#atomIds = new Set(marks.map(({ id }) => id));
    this.controlTexts = marks
      .filter(({ id }) => types[id] === CONTROL || types[id] === UNKNOWN)
      .map(({ content }) => content);
    this.highByteIds = SPELLING.slice(0x80).flatMap((letter) => this.#ids.get(letter) ?? []);
  }

  get size(): number {
    return this.#tokens.length;
  }

  /** Token ids of `text` as llama.cpp cuts a prompt, without BOS. Control texts become their tokens: break them first. */
  encode(text: string): number[] {
    const ids: number[] = [];
    for (const part of this.#parts(text)) {
      if (typeof part === 'number') ids.push(part);
      else for (const word of this.#cut(part)) this.#encodeWord(spell(word), ids);
    }
    return ids;
  }

  /** The text that tokens stand for; stray bytes become U+FFFD. */
  decode(ids: readonly number[]): string {
    const bytes: number[] = [];
    for (const id of ids) {
      const token = this.#tokens[id] ?? '';
      if (this.#atomIds.has(id)) bytes.push(...UTF8.encode(token));
      else for (const letter of token) bytes.push(...(BYTES.get(letter) ?? UTF8.encode(letter)));
    }
    return new TextDecoder('utf-8', { ignoreBOM: true }).decode(Uint8Array.from(bytes));
  }

  /** Stretches of text, and the ids of added tokens between them. */
  #parts(text: string): (string | number)[] {
    let parts: (string | number)[] = text === '' ? [] : [text];
    for (const atom of this.#atoms) {
      const id = this.#ids.get(atom);
      if (id === undefined || !text.includes(atom)) continue;
      parts = parts.flatMap((part) => {
        if (typeof part === 'number') return [part];
        return part
          .split(atom)
          .flatMap((piece, i) => (i > 0 ? [id, piece] : [piece]))
          .filter((piece) => piece !== '');
      });
    }
    return parts;
  }

  #encodeWord(word: string, ids: number[]): void {
    const whole = this.#ignoreMerges ? this.#ids.get(word) : undefined;
    if (whole !== undefined) {
      ids.push(whole);
      return;
    }
    for (const piece of this.#merge(word)) {
      const id = this.#ids.get(piece);
      if (id !== undefined) ids.push(id);
      // A piece that merges made and the vocabulary lacks is spelt letter by letter.
      else for (const letter of piece) ids.push(...[this.#ids.get(letter)].filter(isNumber));
    }
  }

  /** Joins a word's letters. Most words are short, but nothing keeps a text from being one word of a megabyte. */
  #merge(word: string): string[] {
    // A piece stands where its first letter does; '' stands for what was joined to a piece before it.
    const pieces = Array.from(word);
    const next = pieces.map((_, at) => at + 1);
    const previous = pieces.map((_, at) => at - 1);
    const ranks = pieces.map(() => Number.POSITIVE_INFINITY);
    const queue = new Heap<Pair>((a, b) => a.rank < b.rank || (a.rank === b.rank && a.at < b.at));
    const offer = (at: number): void => {
      const right = pieces[next[at] ?? pieces.length];
      const rank = right === undefined ? Number.POSITIVE_INFINITY : this.#rank(pieces[at] ?? '', right);
      ranks[at] = rank;
      if (rank < Number.POSITIVE_INFINITY) queue.push({ at, rank });
    };
    for (let at = 0; at < pieces.length; at++) offer(at);
    for (let pair = queue.pop(); pair; pair = queue.pop()) {
      const { at, rank } = pair;
      if (ranks[at] !== rank) continue; // one of its pieces was joined to another since
      const right = next[at] ?? pieces.length;
      const after = next[right] ?? pieces.length;
      pieces[at] = (pieces[at] ?? '') + (pieces[right] ?? '');
      pieces[right] = '';
      ranks[right] = Number.POSITIVE_INFINITY;
      next[at] = after;
      if (after < pieces.length) previous[after] = at;
      offer(at);
      const before = previous[at] ?? -1;
      if (before >= 0) offer(before);
    }
    return pieces.filter((piece) => piece !== '');
  }

  #rank(left: string, right: string): number {
    return this.#ranks.get(`${left} ${right}`) ?? Number.POSITIVE_INFINITY;
  }
}

const UTF8 = new TextEncoder();

/**
 * GPT-2's spelling of bytes: printable ones of Latin-1 as they are, the others from U+0100 on (`bytes_to_unicode` in GPT-2's
 * encoder.py).
 */
const SPELLING = spelling();
const BYTES: ReadonlyMap<string, readonly [number]> = new Map(
  SPELLING.map((letter, byte) => [letter, [byte]] as const),
);

function spelling(): readonly string[] {
  let beyond = 0x100;
  return Array.from({ length: 256 }, (_, byte) => {
    const printable = (byte > 0x20 && byte < 0x7f) || (byte > 0xa0 && byte !== 0xad);
    return String.fromCodePoint(printable ? byte : beyond++);
  });
}

function spell(word: string): string {
  let out = '';
  for (const byte of UTF8.encode(word)) out += SPELLING[byte] ?? '';
  return out;
}

// `\s` of JavaScript is not Unicode's White_Space, which tokenizers mean by it: it has U+FEFF, and lacks U+0085.
const SPACE = '\\p{White_Space}';
const NO_SPACE = '\\P{White_Space}';
const GPT_2 = `'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^${SPACE}\\p{L}\\p{N}]+|${SPACE}+(?!${NO_SPACE})|${SPACE}+`;
const LLAMA_3 = `'(?:[sStTmMdD]|[rR][eE]|[vV][eE]|[lL][lL])|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^${SPACE}\\p{L}\\p{N}]+[\\r\\n]*|${SPACE}*[\\r\\n]+|${SPACE}+(?!${NO_SPACE})|${SPACE}+`;

/** How a text is cut into words, in which alone pairs are merged. The only `split` there is, is Llama 3's. */
function cutter(preTokenizer: PreTokenizer): (text: string) => string[] {
  const words = new RegExp(preTokenizer.kind === 'split' ? LLAMA_3 : GPT_2, 'gu');
  if (preTokenizer.kind === 'split' || !preTokenizer.digitsApart) return (text) => text.match(words) ?? [];
  return (text) =>
    text.split(/(\p{N})/u).flatMap((part, i) => (i % 2 === 1 ? [part] : (part.match(words) ?? [])));
}

function isNumber(value: number | undefined): value is number {
  return value !== undefined;
}
