/**
 * Text to token ids and back, on the tokenizer that web-llm bundles (Hugging Face's `tokenizers` compiled to WebAssembly).
 * web-llm encodes a chat message by message and parses special tokens out of what people type; here the whole prompt is
 * encoded at once, as text and nothing but text, with the same rules as llama.cpp's `parse_special = false`.
 */
import { z } from '../../../lib/zod.ts';
import { AppError } from '../../../errors/app-error.ts';

/** What web-llm's bundled `Tokenizer` offers. */
export interface RawTokenizer {
  encode(text: string): Int32Array;
  idToToken(id: number): string;
  getVocabSize(): number;
  dispose(): void;
}

const tokenizerSchema = z.looseObject({
  added_tokens: z
    .array(z.looseObject({ id: z.number().int().nonnegative(), content: z.string(), special: z.boolean() }))
    .default([]),
  decoder: z
    .looseObject({ type: z.string(), decoders: z.array(z.looseObject({ type: z.string() })).optional() })
    .nullish(),
  model: z.looseObject({ type: z.literal('BPE'), byte_fallback: z.boolean().optional() }),
});

export interface TextTokenizerSource {
  /** A tokenizer.json without its special tokens and post-processor. */
  readonly json: string;
  /** Ids of control tokens (`<s>`, `</s>`, `<EOD>`): the reply's text never shows them. */
  readonly controlIds: ReadonlySet<number>;
  /** Added tokens that are text: spelt as they are, whatever the others' spelling. */
  readonly plainIds: ReadonlySet<number>;
  readonly spelling: Spelling;
}

/** How pieces spell bytes: `▁` and `<0x0A>` (SentencePiece), or one printable character a byte (GPT-2). */
type Spelling = 'byte-fallback' | 'byte-level';

/**
 * Edits a tokenizer.json so that text cannot become control: special added tokens go (a typed `</s>` is then three
 * ordinary pieces), and those that look it; other added tokens such as `[bib_ref]` stay, since they are text the model was trained to read and
 * write. The post-processor goes too: the engine puts BOS in front itself.
 * @throws AppError `engine/package-incomplete` when it is no BPE tokenizer that can spell every byte.
 */
export function textOnlyTokenizer(tokenizerJson: string): TextTokenizerSource {
  let value: unknown;
  try {
    value = JSON.parse(tokenizerJson);
  } catch (thrown) {
    throw unusable('it is not JSON', thrown);
  }
  const parsed = tokenizerSchema.safeParse(value);
  if (!parsed.success) throw unusable(z.prettifyError(parsed.error).slice(0, 300), parsed.error);
  const { decoder } = parsed.data;
  const byteLevel = (decoder?.decoders ?? [decoder]).some((each) => each?.type === 'ByteLevel');
  if (parsed.data.model.byte_fallback !== true && !byteLevel)
    throw unusable('its BPE model has no byte fallback');
  const special = parsed.data.added_tokens.filter(isControl);
  return {
    json: JSON.stringify({
      ...parsed.data,
      added_tokens: parsed.data.added_tokens.filter((token) => !isControl(token)),
      post_processor: null,
      truncation: null,
      padding: null,
    }),
    controlIds: new Set(special.map(({ id }) => id)),
    plainIds: new Set(parsed.data.added_tokens.filter((token) => !isControl(token)).map(({ id }) => id)),
    spelling: byteLevel ? 'byte-level' : 'byte-fallback',
  };
}

/** Fine-tunes are saved with `<EOD>` or `<|im_end|>` marked special or not, as their author's tools had it. */
function isControl({ special, content }: { readonly special: boolean; readonly content: string }): boolean {
  return special || /^<[^<>\s]+>$/.test(content);
}

export class TextTokenizer {
  readonly #raw: RawTokenizer;
  readonly #source: Omit<TextTokenizerSource, 'json'>;
  readonly #pieces = new Map<number, Uint8Array>();

  /** @param raw made from `source.json`. */
  constructor(raw: RawTokenizer, source: Omit<TextTokenizerSource, 'json'>) {
    this.#raw = raw;
    this.#source = source;
  }

  /** Token ids of `text`, without BOS. */
  encode(text: string): readonly number[] {
    return Array.from(this.#raw.encode(text));
  }

  /**
   * The bytes a token adds to the reply: `▁` is a space (kept also at the start of a reply, as llama.cpp does), `<0x0A>`
   * a byte, control tokens nothing. Byte by byte, since a character may be spread over several tokens.
   */
  bytesOf(id: number): Uint8Array {
    const known = this.#pieces.get(id);
    if (known) return known;
    const bytes = this.#spell(id);
    this.#pieces.set(id, bytes);
    return bytes;
  }

  #spell(id: number): Uint8Array {
    const { controlIds, plainIds, spelling } = this.#source;
    if (controlIds.has(id)) return new Uint8Array(0);
    const piece = this.#raw.idToToken(id);
    if (spelling === 'byte-fallback') return pieceBytes(piece);
    return plainIds.has(id) ? new TextEncoder().encode(piece) : byteLevelBytes(piece);
  }

  dispose(): void {
    this.#raw.dispose();
  }
}

function pieceBytes(piece: string): Uint8Array {
  const byte = /^<0x([0-9A-Fa-f]{2})>$/.exec(piece)?.[1];
  if (byte !== undefined) return Uint8Array.of(Number.parseInt(byte, 16));
  return new TextEncoder().encode(piece.replaceAll('▁', ' '));
}

/** GPT-2's table: printable Latin-1 stands for itself, the other 68 bytes in order for U+0100 and up. */
const BYTE_OF = new Map<string, number>();
for (let byte = 0, next = 0x100; byte < 256; byte++) {
  const printable = (byte > 0x20 && byte < 0x7f) || (byte > 0xa0 && byte !== 0xad);
  BYTE_OF.set(String.fromCharCode(printable ? byte : next++), byte);
}

/** What is no character of the table stands for itself. */
function byteLevelBytes(piece: string): Uint8Array {
  const bytes: number[] = [];
  for (const character of piece) {
    const byte = BYTE_OF.get(character);
    if (byte === undefined) bytes.push(...new TextEncoder().encode(character));
    else bytes.push(byte);
  }
  return Uint8Array.from(bytes);
}

function unusable(why: string, cause?: unknown): AppError {
  return new AppError(
    'engine/package-incomplete',
    `tokenizer.json cannot be used: ${why}`,
    { file: 'tokenizer.json', reason: why },
    { cause },
  );
}
