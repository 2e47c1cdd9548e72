/** Held against Hugging Face's tokenizers, which run the tokenizer.json that a package of the same vocabulary gets. */
import { Tokenizer } from '@huggingface/tokenizers';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BytePairTokenizer } from './byte-pair-tokenizer.ts';
import { buildByteLevelJson } from './tokenizer-json.ts';
import { bytePairVocabulary as vocabulary, GPT_2, LLAMA_3, SMOL } from './testing/byte-pairs.ts';

const text = fc
  .array(
    fc.oneof(
      {
        weight: 4,
        arbitrary: fc.constantFrom(...('abcthe inermgdos123 \n\r\t.,:\'"éµ≥½٣漢😀'.match(/./gsu) ?? [])),
      },
      fc.constantFrom("'s", "'LL", ' the', ' dose', ' whole', '  ', '\n\n', '...', '1234', ' [ref]', ' '),
      fc.string({ unit: 'grapheme', maxLength: 3 }),
    ),
    { maxLength: 40 },
  )
  .map((parts) => parts.join(''))
  // The reference takes U+FEFF for a space and U+0085 for none, as JavaScript does.
  .filter((joined) => !/[\uFEFF\u0085]/.test(joined) && joined.isWellFormed());

describe.each([
  ['as Llama 3', LLAMA_3, true],
  ['as GPT-2', GPT_2, false],
  ['with digits apart', SMOL, false],
])('cut %s', (_, preTokenizer, ignoreMerges) => {
  const source = vocabulary(preTokenizer, ignoreMerges);
  const ours = new BytePairTokenizer(source);
  const theirs = new Tokenizer(buildByteLevelJson(source), {});

  it('gives the tokens Hugging Face’s tokenizers give', () => {
    fc.assert(
      fc.property(text, (sample) => {
        // The reference takes ASCII's digits alone for digits; Hugging Face's own and llama.cpp take Unicode's.
        fc.pre(preTokenizer !== SMOL || !/[^\P{N}0-9]/u.test(sample));
        expect(ours.encode(sample)).toEqual(theirs.encode(sample, { add_special_tokens: false }).ids);
      }),
      { numRuns: 1000 },
    );
  });

  it('gives every text back', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (sample) => {
        expect(ours.decode(ours.encode(sample))).toBe(sample);
      }),
    );
  });
});

it('joins one long word in time that grows with its length, not with the square', () => {
  const source = vocabulary(GPT_2, false);
  const ours = new BytePairTokenizer(source);
  const word = 'thedoseabc'.repeat(10_000);
  expect(ours.decode(ours.encode(word))).toBe(word);
}, 4000);

it('takes whole what is a token, though no merge makes it, where Llama 3 does', () => {
  const whole = (ignore: boolean): string[] => {
    const source = vocabulary(LLAMA_3, ignore);
    return new BytePairTokenizer(source).encode(' whole').map((id) => source.tokens[id] ?? '');
  };
  expect(whole(true)).toEqual(['Ġwhole']);
  expect(whole(false).length).toBeGreaterThan(1);
});

it('tells text from control, and spaces from what only JavaScript takes for one', () => {
  const source = vocabulary(LLAMA_3, true);
  const tokenizer = new BytePairTokenizer(source);
  expect(tokenizer.controlTexts).toEqual(['<|begin_of_text|>', '<|eot_id|>']);
  expect(tokenizer.encode('a<|eot_id|>').at(-1)).toBe(source.tokens.indexOf('<|eot_id|>'));
  expect(tokenizer.encode('[ref]')).toEqual([source.tokens.indexOf('[ref]')]);
  expect(tokenizer.highByteIds).toHaveLength(128);
  // U+FEFF is no white space to Unicode: it goes along with the word behind it.
  expect(tokenizer.decode(tokenizer.encode('\uFEFFa'))).toBe('\uFEFFa');
});
