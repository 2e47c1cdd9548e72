import { AppError } from '../../errors/app-error.ts';
import type { SentencePieceVocabulary } from './vocabulary.ts';
import { marksOf, stopTokens } from './stop-tokens.ts';
import { isControlText, requireFewMerges } from './tokenizer-json.ts';

const NORMAL = 1;
const CONTROL = 3;
const USER_DEFINED = 4;
/** A piece that stands for one byte. */
const BYTE = 6;
/** Of the trainer's model types; a file that leaves its type unsaid has the format's default, the first. */
const UNIGRAM = 1;
const BPE = 2;

/**
 * Reads a SentencePiece `tokenizer.model` and the tokens a fine-tune added beside it.
 * Format: https://github.com/google/sentencepiece/blob/master/src/sentencepiece_model.proto
 * (1 = pieces {1 text, 2 score, 3 type}, 2 = trainer {3 model type, 40 unk id}, 3 = normalizer {3 add dummy prefix}).
 * @param added token text → id, from added_tokens.json
 * @param ids where a text begins and ends, and further tokens that end a reply
 * @throws AppError `transcode/bad-tokenizer`, `transcode/over-limit`
 */
export function parseSentencePiece(
  bytes: Uint8Array,
  added: Readonly<Record<string, number>>,
  vocabSize: number,
  { bos, eos, stops }: { readonly bos: number; readonly eos: number; readonly stops: readonly number[] },
): SentencePieceVocabulary {
  const tokens: string[] = [];
  const scores: number[] = [];
  const types: number[] = [];
  let modelType = UNIGRAM;
  let unk: number | null = 0; // the format's default
  let addSpacePrefix = true;
  for (const field of fields(bytes)) {
    if (field.number === 1) {
      const piece = readPiece(field.bytes);
      tokens.push(piece.text);
      scores.push(piece.score);
      types.push(piece.type);
      if (tokens.length > vocabSize) throw bad('The vocabulary has more pieces than the embedding has rows');
    } else if (field.number === 2) {
      for (const setting of fields(field.bytes)) {
        if (setting.number === 3) modelType = setting.value;
        if (setting.number === 40) unk = setting.value < vocabSize ? setting.value : null;
      }
    } else if (field.number === 3) {
      for (const setting of fields(field.bytes))
        if (setting.number === 3) addSpacePrefix = setting.value !== 0;
    }
  }
  if (modelType !== BPE) throw bad('Only BPE vocabularies are supported');
  for (const [text, id] of Object.entries(added).sort(([, a], [, b]) => a - b)) {
    if (id < tokens.length) continue; // repeated from the vocabulary itself
    // A mark such as `<pad>` that never got a row in the embedding can be neither read nor produced.
    if (id >= vocabSize && isControlText(text)) continue;
    if (id !== tokens.length || id >= vocabSize) throw bad('The added tokens do not follow the vocabulary');
    tokens.push(text);
    scores.push(-1000);
    types.push(isControlText(text) ? CONTROL : USER_DEFINED);
  }
  if (bos >= tokens.length || eos >= tokens.length) throw bad('The vocabulary lacks its begin or end token');
  if (!types.includes(BYTE))
    throw bad('The vocabulary cannot spell what it has no piece for: it has no byte pieces');
  requireFewMerges({ tokens, scores, types });
  return {
    kind: 'sentencepiece',
    tokens,
    scores,
    types,
    bos,
    eos,
    stops: stopTokens([eos, ...stops], marksOf(tokens, types), vocabSize),
    unk,
    addBos: true,
    addSpacePrefix,
  };
}

interface Field {
  readonly number: number;
  /** Varints; 0 for other fields. */
  readonly value: number;
  /** Length-delimited and fixed-size fields. */
  readonly bytes: Uint8Array;
}

/** U+FEFF is a token of Llama's vocabulary: it is text, no mark of an encoding. */
const TEXT = new TextDecoder('utf-8', { ignoreBOM: true });

function readPiece(bytes: Uint8Array): { text: string; score: number; type: number } {
  let text = '';
  let score = 0;
  let type = NORMAL;
  for (const field of fields(bytes)) {
    if (field.number === 1) text = TEXT.decode(field.bytes);
    else if (field.number === 2 && field.bytes.length === 4) {
      score = new DataView(field.bytes.buffer, field.bytes.byteOffset, 4).getFloat32(0, true);
    } else if (field.number === 3) type = field.value;
  }
  return { text, score, type };
}

/** Walks a protobuf message. Wire types: 0 varint, 1 eight bytes, 2 length-delimited, 5 four bytes. */
function* fields(bytes: Uint8Array): Generator<Field> {
  const empty = new Uint8Array(0);
  let position = 0;
  const varint = (): number => {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = bytes[position++];
      if (byte === undefined || scale > 2 ** 63) throw bad('tokenizer.model is damaged');
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
  };
  const take = (length: number): Uint8Array => {
    if (position + length > bytes.length) throw bad('tokenizer.model is damaged');
    position += length;
    return bytes.subarray(position - length, position);
  };
  while (position < bytes.length) {
    const key = varint();
    const number = Math.floor(key / 8);
    const wire = key % 8;
    if (wire === 0) yield { number, value: varint(), bytes: empty };
    else if (wire === 1) yield { number, value: 0, bytes: take(8) };
    else if (wire === 2) yield { number, value: 0, bytes: take(varint()) };
    else if (wire === 5) yield { number, value: 0, bytes: take(4) };
    else throw bad('tokenizer.model is damaged');
  }
}

function bad(message: string): AppError {
  return new AppError('transcode/bad-tokenizer', message);
}
