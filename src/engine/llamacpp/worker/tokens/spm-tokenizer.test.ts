import { readFile } from 'node:fs/promises';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { parseGguf } from '../../../../formats/gguf/gguf-parser.ts';
import { readSpmVocabulary, SpmTokenizer } from './spm-tokenizer.ts';

const NORMAL = 1;

function vocabulary(
  pieces: readonly (readonly [text: string, score: number, type?: number])[],
  prefix = true,
) {
  const bytes = Array.from(
    { length: 256 },
    (_, byte) => [`<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`, 0, 6] as const,
  );
  const all = [
    ['<unk>', 0, 2] as const,
    ['<s>', 0, 3] as const,
    ['</s>', 0, 3] as const,
    ...bytes,
    ...pieces,
  ];
  return {
    tokens: all.map(([text]) => text),
    scores: Float32Array.from(all, ([, score]) => score),
    types: Int32Array.from(all, ([, , type = NORMAL]) => type),
    addSpacePrefix: prefix,
    addBos: true,
  };
}

/** The texts of the tokens, which say more than their numbers. */
function pieces(tokenizer: SpmTokenizer, tokens: readonly string[], text: string): readonly string[] {
  return tokenizer.encode(text).map((id) => tokens[id] ?? '?');
}

describe('SpmTokenizer on a small vocabulary', () => {
  const small = vocabulary([
    ['▁', -9],
    ['a', -8],
    ['b', -8],
    ['c', -8],
    ['ab', -3],
    ['bc', -2],
    ['abc', -1],
    ['▁a', -7],
    ['aa', -4],
    ['[x]', 0, 4],
  ]);
  const tokenizer = new SpmTokenizer(small);
  const cut = (text: string): readonly string[] => pieces(tokenizer, small.tokens, text);

  it('joins the best pair first, then what that makes possible', () => {
    // "bc" beats "ab", and "a" + "bc" is a token again; "▁a" never gets its turn.
    expect(cut('abc')).toEqual(['▁', 'abc']);
    expect(cut('ab')).toEqual(['▁', 'ab']);
    expect(cut('a')).toEqual(['▁a']);
  });

  it('takes the leftmost of equal pairs', () => {
    expect(pieces(new SpmTokenizer({ ...small, addSpacePrefix: false }), small.tokens, 'aaa')).toEqual([
      'aa',
      'a',
    ]);
  });

  it('falls back to bytes, one for one', () => {
    expect(cut('é')).toEqual(['▁', '<0xC3>', '<0xA9>']);
    expect(tokenizer.decode(tokenizer.encode('é🌡'))).toBe('é🌡');
  });

  it('reads control and user-defined texts whole, with a new space prefix behind them', () => {
    expect(cut('a</s>a[x]b')).toEqual(['▁a', '</s>', '▁a', '[x]', '▁', 'b']);
    expect(tokenizer.controlTexts).toEqual(['<unk>', '<s>', '</s>']);
  });

  it('makes nothing of nothing', () => {
    expect(tokenizer.encode('')).toEqual([]);
    expect(tokenizer.decode([])).toBe('');
  });

  it('decodes what it encodes', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 40 }), (text) => {
        // SentencePiece's own sign for a space is one, also where a person typed it.
        expect(tokenizer.decode(tokenizer.encode(text))).toBe(text.replaceAll('▁', ' '));
      }),
      { examples: [['▁']] },
    );
    const unprefixed = new SpmTokenizer({ ...small, addSpacePrefix: false });
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('a', 'b', 'c', ' ', 'é'), maxLength: 60 }), (text) => {
        expect(unprefixed.decode(unprefixed.encode(text))).toBe(text);
      }),
    );
  });

  it('cuts as a slow search for the best pair does', () => {
    const scores = new Map(small.tokens.map((text, id) => [text, small.scores[id] ?? 0]));
    const slow = (text: string): readonly string[] => {
      const parts = Array.from(`▁${text.replaceAll(' ', '▁')}`);
      for (;;) {
        let best = -1;
        for (let i = 0; i + 1 < parts.length; i += 1) {
          const score = scores.get(`${parts[i] ?? ''}${parts[i + 1] ?? ''}`);
          const leader = scores.get(`${parts[best] ?? '?'}${parts[best + 1] ?? '?'}`);
          if (score !== undefined && (leader === undefined || score > leader)) best = i;
        }
        if (best === -1) return parts;
        parts.splice(best, 2, `${parts[best] ?? ''}${parts[best + 1] ?? ''}`);
      }
    };
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('a', 'b', 'c', ' '), minLength: 1, maxLength: 30 }),
        (text) => {
          expect(cut(text)).toEqual(slow(text));
        },
      ),
    );
  });
});

describe('readSpmVocabulary', () => {
  it('declines other families and tables that do not fit', () => {
    const tokens = ['a', 'b'];
    const fitting = new Map<string, string | readonly string[] | Float32Array | Int32Array>([
      ['tokenizer.ggml.model', 'llama'],
      ['tokenizer.ggml.tokens', tokens],
      ['tokenizer.ggml.scores', new Float32Array(2)],
      ['tokenizer.ggml.token_type', new Int32Array(2)],
    ]);
    expect(readSpmVocabulary(fitting)).toMatchObject({ tokens, addBos: true, addSpacePrefix: true });
    expect(readSpmVocabulary(new Map([...fitting, ['tokenizer.ggml.model', 'gpt2']]))).toBeNull();
    expect(
      readSpmVocabulary(new Map([...fitting, ['tokenizer.ggml.scores', new Float32Array(3)]])),
    ).toBeNull();
    expect(readSpmVocabulary(new Map())).toBeNull();
  });
});

describe('SpmTokenizer on the demo model’s vocabulary', () => {
  let tokenizer: SpmTokenizer;
  beforeAll(async () => {
    const bytes = new Uint8Array(await readFile('public/models/demo/demo-q4_0.gguf'));
    const { metadata } = await parseGguf({
      name: 'demo',
      size: bytes.length,
      read: (offset, length) => Promise.resolve(bytes.slice(offset, offset + length)),
    });
    const found = readSpmVocabulary(metadata);
    if (!found) throw new Error('the demo model has no SentencePiece vocabulary');
    tokenizer = new SpmTokenizer(found);
  });

  it('decodes what it encodes, also long texts in little time', () => {
    for (const text of [
      '### User: What is this app?\n### Assistant:',
      'Fièvre 39 °C\t体温',
      'word '.repeat(20_000),
    ]) {
      expect(tokenizer.decode(tokenizer.encode(text))).toBe(text);
    }
  });

  it('knows its bytes beyond ASCII', () => {
    expect(tokenizer.highByteIds).toHaveLength(128);
  });
});
