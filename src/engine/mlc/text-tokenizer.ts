/**
 * Text to token ids and back, on the tokenizer that web-llm bundles (Hugging Face's `tokenizers` compiled to WebAssembly).
 * web-llm encodes a chat message by message and parses special tokens out of what people type; here the whole prompt is
 * encoded at once, as text and nothing but text, with the same rules as llama.cpp's `parse_special = false`.
 */
import { z } from '../../lib/zod.ts';
import { AppError } from '../../lib/errors.ts';

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
  decoder: z.unknown(),
  model: z.looseObject({ type: z.literal('BPE'), byte_fallback: z.boolean().optional() }),
});

export interface TextTokenizerSource {
  /** A tokenizer.json without its special tokens and post-processor. */
  readonly json: string;
  /** Ids of control tokens (`<s>`, `</s>`, `<EOD>`): the reply's text never shows them. */
  readonly controlIds: ReadonlySet<number>;
}

/**
 * Edits a tokenizer.json so that text cannot become control: special added tokens go (a typed `</s>` is then three
 * ordinary pieces), and those that look it; other added tokens such as `[bib_ref]` stay, since they are text the model was trained to read and
 * write. The post-processor goes too: the engine puts BOS in front itself.
 * @throws AppError `engine/package-incomplete` when it is not a SentencePiece-style BPE tokenizer.
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
  if (parsed.data.model.byte_fallback !== true) throw unusable('its BPE model has no byte fallback');
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
  };
}

/** Fine-tunes are saved with `<EOD>` or `<|im_end|>` marked special or not, as their author's tools had it. */
function isControl({ special, content }: { readonly special: boolean; readonly content: string }): boolean {
  return special || /^<[^<>\s]+>$/.test(content);
}

export class TextTokenizer {
  readonly #raw: RawTokenizer;
  readonly #controlIds: ReadonlySet<number>;
  readonly #pieces = new Map<number, Uint8Array>();

  /** @param raw made from `source.json`. */
  constructor(raw: RawTokenizer, source: Pick<TextTokenizerSource, 'controlIds'>) {
    this.#raw = raw;
    this.#controlIds = source.controlIds;
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
    const bytes = this.#controlIds.has(id) ? new Uint8Array(0) : pieceBytes(this.#raw.idToToken(id));
    this.#pieces.set(id, bytes);
    return bytes;
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

function unusable(why: string, cause?: unknown): AppError {
  return new AppError(
    'engine/package-incomplete',
    `tokenizer.json cannot be used: ${why}`,
    { file: 'tokenizer.json', reason: why },
    { cause },
  );
}
