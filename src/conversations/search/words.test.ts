import fc from 'fast-check';
import { expect, test } from 'vitest';
import { findTerms, foldText, indexTerms, queryTerms, snippetOf } from './words.ts';

test.each([
  ['Ménière', 'meniere'],
  ['ﬁbrosis', 'fibrosis'],
  ['ΑΣΠΙΡΊΝΗ', 'ασπιρινη'],
  ['İstanbul', 'istanbul'],
  ['Straße', 'strasse'],
  ['SØRENSEN', 'sorensen'],
  ['Łódź', 'lodz'],
  ['ΑΜΙΝΟΣ', 'αμινοσ'],
  ['دـــم', 'دم'],
])('%s folds to %s', (text, folded) => {
  expect(foldText(text)).toBe(folded);
});

test('a word is found by its beginning, whatever its accents and case', () => {
  expect(findTerms('The MÉNIÈRE syndrome', queryTerms('meni'))).toEqual([{ start: 4, end: 8 }]);
  expect(findTerms('cafe\u0301 au lait', queryTerms('café'))).toEqual([{ start: 0, end: 5 }]);
  expect(findTerms('syndrome', queryTerms('drome'))).toBeNull();
});

test('a hit ends where its letters end, also where one letter is typed as two', () => {
  expect(findTerms('Recklinghausen, Weißkopf', queryTerms('weissk'))).toEqual([{ start: 16, end: 21 }]);
  expect(findTerms('ein Weiß', queryTerms('weis'))).toEqual([{ start: 4, end: 8 }]);
});

test('all words must be there, in any order', () => {
  expect(findTerms('statins and the liver', queryTerms('liv stat'))).toEqual([
    { start: 0, end: 4 },
    { start: 16, end: 19 },
  ]);
  expect(findTerms('statins', queryTerms('liv stat'))).toBeNull();
});

test('scripts without spaces are found in the middle', () => {
  expect(findTerms('急性心筋梗塞です', queryTerms('心筋'))).toEqual([{ start: 2, end: 4 }]);
  expect(findTerms('急性心筋梗塞です', queryTerms('筋心'))).toBeNull();
});

test.each([
  ['고혈압 환자에게', '혈압', { start: 1, end: 3 }],
  ['고혈압 환자에게', '자에', { start: 5, end: 7 }],
  ['고혈압 환자에게', '압', { start: 2, end: 3 }],
  ['고혈압 환자에게', '고혀', { start: 0, end: 2 }],
  ['MRI를 예약', 'mri', { start: 0, end: 3 }],
  ['고혈압'.normalize('NFD'), '혈압', { start: 2, end: 8 }],
  ['고혈압'.normalize('NFD'), '혀', { start: 2, end: 5 }],
  ['고혈압', '혈압'.normalize('NFD'), { start: 1, end: 3 }],
])('a part of a Korean word is found: in %s, %s', (text, query, range) => {
  const terms = queryTerms(query);
  expect(findTerms(text, terms)).toEqual([range]);
  for (const term of terms) expect([...indexTerms(text)].some((own) => own.startsWith(term))).toBe(true);
  expect(findTerms(text, queryTerms('압혈'))).toBeNull();
});

test.each([
  ['MRI検査を予約', 'MRI', { start: 0, end: 3 }],
  ['アスピリン100mgを服用', '100mg', { start: 5, end: 10 }],
  ['アスピリン100mgを服用', '100m', { start: 5, end: 9 }],
  ['HbA1c値は7.2%', 'HbA1c', { start: 0, end: 5 }],
  ['ＭＲＩ検査', 'mri', { start: 0, end: 3 }],
  ['ยาAspirin81มก', 'aspirin', { start: 2, end: 9 }],
  ['か\u0301Me\u0301nie\u0300re病', 'ménière', { start: 2, end: 11 }],
  ['MRI検査を予約', 'MRI検査', { start: 0, end: 5 }],
  ['MRI検査を予約', 'RI検', { start: 1, end: 4 }],
])('in %s, %s is found where letters of both kinds touch', (text, query, range) => {
  const terms = queryTerms(query);
  expect(findTerms(text, terms)).toEqual([range]);
  for (const term of terms) expect([...indexTerms(text)].some((own) => own.startsWith(term))).toBe(true);
});

const unspaced = fc.stringMatching(/^[検査ぁかア心ไทยのー値고혈압]{1,3}$/u);
const spaced = fc
  .string({
    unit: fc.oneof(fc.constantFrom(...Array.from('aAbé1ßﬁœΣ½Жـ２')), fc.constantFrom('\u0301', '\u3099')),
    maxLength: 40,
  })
  .map((text) => text.replaceAll('\u3099', ''));

test('a word is found by its beginning, whatever unspaced letters stand before and behind it', () => {
  fc.assert(
    fc.property(unspaced, spaced, fc.option(unspaced), fc.nat(), (before, word, behind, length) => {
      const query = Array.from(word)
        .slice(0, 1 + (length % 41))
        .join('');
      const terms = queryTerms(query);
      if (terms.length === 0) return;
      const text = `${before}${word}${behind ?? ''}`;
      const own = [...indexTerms(text)];
      for (const term of terms) expect(own.some((indexed) => indexed.startsWith(term))).toBe(true);
      expect(findTerms(text, terms)).not.toBeNull();
    }),
    { numRuns: 1000 },
  );
});

test('a text folds as its characters do, one by one', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 100 }), (text) => {
      expect(Array.from(text, foldText).join('')).toBe(foldText(text));
    }),
    { numRuns: 500 },
  );
});

// Each took minutes to hours while its time grew with the square of its length.
test.each([
  ['marks on one letter', `e${'\u0301'.repeat(200_000)}`, 'e'],
  ['letters that are no part of a word', `e${'ـ'.repeat(200_000)}x`, 'ex'],
  ['numbers that are two words each', `½${'\u0301'.repeat(100_000)}${'½'.repeat(20_000)}`, '2'],
  ['letters of a syllable without end', `고${'\u1100'.repeat(200_000)}`, '고'],
  ['letters of both kinds in turn', 'e検'.repeat(20_000), 'e検'],
])('a long word ends soon: %s', (_, text, query) => {
  expect(findTerms(text, queryTerms(query))).not.toBeNull();
  expect(indexTerms(text).size).toBeGreaterThan(0);
});

test('a text has so many terms and no more, also where it is one word', () => {
  const characters = Array.from({ length: 60_000 }, (_, n) =>
    String.fromCodePoint(0x4e00 + ((n * 7919) % 20_000)),
  );
  expect(indexTerms(characters.join('')).size).toBeLessThanOrEqual(20_000);
});

test('plain English makes the same terms on the fast way as on the general one', () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[\t\n\x20-\x7e]*$/), (text) => {
      // One character that is no part of a word sends the text the general way.
      expect([...indexTerms(text)].sort()).toEqual([...indexTerms(`${text} “`)].sort());
    }),
  );
});

test('what a text holds is found in it, and every highlight is a stretch of it', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 200 }), fc.nat(), (text, pick) => {
      const words = [...text.matchAll(/[\p{L}\p{N}]+/gu)].map((match) => match[0]);
      const word = words[pick % Math.max(1, words.length)];
      if (word === undefined) return;
      const terms = queryTerms(word);
      if (terms.length === 0) return;
      const own = [...indexTerms(text)];
      for (const term of terms) expect(own.some((indexed) => indexed.startsWith(term))).toBe(true);
      const ranges = findTerms(text, terms);
      expect(ranges).not.toBeNull();
      for (const { start, end } of ranges ?? []) {
        expect(start).toBeGreaterThanOrEqual(0);
        expect(end).toBeLessThanOrEqual(text.length);
      }
      const snippet = snippetOf(text, ranges ?? []);
      for (const { start, end } of snippet.highlights)
        expect(end).toBeLessThanOrEqual(snippet.text.length + 1 - Number(start > end));
    }),
    { numRuns: 500 },
  );
});

test('a pasted page as a query asks for few words', () => {
  const pasted = Array.from({ length: 999 }, (_, n) => `word${String(n * 7919).padStart(7, '0')}`).join(' ');
  expect(queryTerms(pasted).length).toBeLessThanOrEqual(16);
});
