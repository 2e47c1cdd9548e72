import fc from 'fast-check';
import { expect, it } from 'vitest';
import { compareTexts, compareTokens } from './parting.ts';

const token = (text: string, id: number | null = text.codePointAt(0) ?? 0) => ({
  id,
  text,
  logProbability: -1,
});
const tokens = (text: string) => Array.from(text, (each) => token(each));

it('finds the first place where texts and tokens part, and none where they are the same', () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'b', '🌡', 'é'), maxLength: 12 });
  fc.assert(
    fc.property(text, text, text, (shared, a, b) => {
      for (const found of [
        compareTexts(shared + a, shared + b),
        compareTokens(tokens(shared + a), tokens(shared + b), true),
      ]) {
        if (a === b) {
          expect(found).toMatchObject({ kind: 'same', count: Array.from(shared + a).length });
          continue;
        }
        if (found.kind !== 'parted') throw new Error('not parted');
        const [one, other] = [Array.from(shared + a), Array.from(shared + b)];
        expect(one.slice(0, found.at)).toEqual(other.slice(0, found.at));
        expect(one[found.at]).not.toBe(other[found.at]);
        expect(found.before).toBe(one.slice(0, found.at).join('').slice(-60));
        expect(found.there.startsWith(one[found.at] ?? '')).toBe(true);
        expect(found.here.startsWith(other[found.at] ?? '')).toBe(true);
      }
    }),
  );
});

it('says so where one of them ends', () => {
  expect(compareTokens(tokens('ab'), tokens('a'), true)).toMatchObject({ at: 1, there: 'b', here: '' });
  expect(compareTexts('a', 'ab')).toMatchObject({ at: 1, there: '', here: 'b' });
});

it('takes a token by its number only in one vocabulary', () => {
  expect(compareTokens([token('a', 1)], [token('a', 2)], true)).toMatchObject({ kind: 'parted' });
  expect(compareTokens([token('a', 1)], [token('a', 2)], false)).toMatchObject({ kind: 'same' });
  expect(compareTokens([token('a', null)], [token('a', 2)], true)).toMatchObject({ kind: 'same' });
});
