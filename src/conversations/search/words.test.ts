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
