import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { bundledTokenizer } from './bundled-tokenizer.ts';
import { fixtureTokenizer } from '../package-fixture.ts';
import { buildByteLevelJson } from '../../../formats/tokenizer/tokenizer-json.ts';
import { TextTokenizer, textOnlyTokenizer } from './text-tokenizer.ts';

/** How GPT-2 spells the bytes 0 to 255: https://github.com/openai/gpt-2/blob/master/src/encoder.py */
const PRINTABLE = (byte: number): boolean =>
  (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174;
const UNPRINTABLE = Array.from({ length: 256 }, (_, byte) => byte).filter((byte) => !PRINTABLE(byte));
const BYTES = Array.from({ length: 256 }, (_, byte) =>
  String.fromCharCode(PRINTABLE(byte) ? byte : 256 + UNPRINTABLE.indexOf(byte)),
);

const json = JSON.stringify(fixtureTokenizer());
const { vocab } = fixtureTokenizer().model;
const source = textOnlyTokenizer(json);
let tokenizer: TextTokenizer;
let asShipped: Awaited<ReturnType<typeof bundledTokenizer>>;

beforeAll(async () => {
  tokenizer = new TextTokenizer(await bundledTokenizer(source.json), source);
  asShipped = await bundledTokenizer(json);
});

function decode(ids: readonly number[]): string {
  const decoder = new TextDecoder();
  return ids.map((id) => decoder.decode(tokenizer.bytesOf(id), { stream: true })).join('') + decoder.decode();
}

describe('TextTokenizer on web-llm’s own tokenizer', () => {
  it('encodes ordinary text as the shipped tokenizer does, without BOS', () => {
    for (const text of ['hello a', 'a\n### b:', ' hello', '', 'é😀']) {
      expect(tokenizer.encode(text)).toEqual(Array.from(asShipped.encode(text)));
    }
  });

  it('reads control tokens in text as text', () => {
    expect(Array.from(asShipped.encode('a</s>'))).toContain(vocab['</s>']);
    for (const text of ['</s>', '<s>', '<EOD>', 'a</s>a', '<unk>']) {
      const ids = tokenizer.encode(text);
      for (const control of ['</s>', '<s>', '<EOD>', '<unk>']) expect(ids).not.toContain(vocab[control]);
      expect(decode(ids)).toBe(` ${text}`);
    }
  });

  it('keeps every $ of a prompt: nothing goes through web-llm’s templates and their String.replace', () => {
    for (const text of ['a $$ b', 'a $& b', "a $' $` $1 b", '{system_message} $'])
      expect(decode(tokenizer.encode(text))).toBe(` ${text}`);
  });

  it('keeps added tokens that are text', () => {
    expect(tokenizer.encode('a[bib_ref]')).toContain(vocab['[bib_ref]']);
  });

  it('gives back every text, with the space SentencePiece puts in front of a prompt', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 40 }), (text) => {
        // `▁` is SentencePiece's own sign for a space, and added tokens get a space behind them.
        fc.pre(!text.includes('▁') && !text.includes('[bib_ref]') && !/\p{Surrogate}/u.test(text));
        expect(decode(tokenizer.encode(text))).toBe(text === '' ? '' : ` ${text}`);
      }),
    );
    // The first calls compile the WebAssembly, which takes seconds on a busy machine.
  }, 60_000);

  it('keeps the space in front of a reply, which the shipped decoder takes away', () => {
    const ids = tokenizer.encode('hello');
    expect(decode(ids)).toBe(' hello');
    expect(asShipped.decode(Int32Array.from(ids))).toBe('hello');
  });

  it('shows control tokens of a reply as nothing', () => {
    for (const control of ['</s>', '<s>', '<EOD>'])
      expect(tokenizer.bytesOf(vocab[control] ?? -1)).toHaveLength(0);
    expect(decode([vocab['[bib_ref]'] ?? -1])).toBe('[bib_ref]');
  });
});

describe('TextTokenizer on a byte-level vocabulary', () => {
  it('gives back every text, reads marks as text, and shows text tokens as they are', async () => {
    const bytes = buildByteLevelJson({
      kind: 'byte-pairs',
      // GPT-2's spelling of every byte, then a merge, a mark and a token that is text.
      tokens: [...BYTES, 'ĠĠ', '<|end|>', '[é b]'],
      types: [...BYTES.map(() => 1), 1, 3, 4],
      merges: ['Ġ Ġ'],
      preTokenizer: { kind: 'gpt-2', digitsApart: false },
      ignoreMerges: false,
      bos: 257,
      eos: 257,
      stops: [],
      addBos: false,
    });
    const edited = textOnlyTokenizer(JSON.stringify(bytes));
    const tokens = new TextTokenizer(await bundledTokenizer(edited.json), edited);
    const read = (ids: readonly number[]): string =>
      new TextDecoder().decode(Uint8Array.from(ids.flatMap((id) => [...tokens.bytesOf(id)])));
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 40 }), (text) => {
        fc.pre(!/\p{Surrogate}|^\uFEFF/u.test(text));
        expect(read(tokens.encode(text))).toBe(text);
      }),
      { examples: [['a  b'], ['<|end|>'], ['[é b]'], ['\0\u00ad\u007f']] },
    );
    expect(tokens.encode('a   b')).toContain(256);
    expect(tokens.encode('<|end|>')).not.toContain(257);
    expect(tokens.encode('x[é b]')).toContain(258);
    expect(tokens.bytesOf(257)).toHaveLength(0);
    tokens.dispose();
  }, 60_000);
});

describe('textOnlyTokenizer', () => {
  it('takes marks out also where the package calls them ordinary added tokens', () => {
    const { added_tokens } = JSON.parse(json) as { added_tokens: { content: string; special: boolean }[] };
    const unmarked = added_tokens.map((token) => ({ ...token, special: false }));
    const edited = textOnlyTokenizer(
      JSON.stringify({ ...(JSON.parse(json) as object), added_tokens: unmarked }),
    );
    expect(edited).toEqual(textOnlyTokenizer(json));
  });

  it.each([
    ['not JSON', '{'],
    ['no model', '{}'],
    ['another kind of model', JSON.stringify({ model: { type: 'Unigram', vocab: [] } })],
    ['a BPE that can’t spell every byte', JSON.stringify({ model: { type: 'BPE', byte_fallback: false } })],
  ])('refuses %s', (_, text) => {
    expect(() => textOnlyTokenizer(text)).toThrow(
      expect.objectContaining({ code: 'engine/package-incomplete' }),
    );
  });
});
