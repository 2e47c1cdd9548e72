import fc from 'fast-check';
import { expect, it } from 'vitest';
import { fillPlaceholders, placeholdersOf } from './placeholders.ts';

it('finds each name once and leaves other braces alone', () => {
  const text = 'Explain {topic} to {a reader}; {topic} again, {} and {1, 2} and {\n}.';
  expect(placeholdersOf(text)).toEqual(['topic', 'a reader']);
  const filled = fillPlaceholders(text, new Map([['topic', '{a reader}']]));
  expect(filled).toBe('Explain {a reader} to {a reader}; {a reader} again, {} and {1, 2} and {\n}.');
});

it('without values nothing changes, whatever the text', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      expect(fillPlaceholders(text, new Map())).toBe(text);
    }),
  );
});
