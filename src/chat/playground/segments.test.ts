import fc from 'fast-check';
import { expect, it } from 'vitest';
import { edited, firstOf, textOf, type Segment } from './segments.ts';

const YOU = (text: string): Segment => ({ role: 'user', text });
const MODEL = (text: string): Segment => ({ role: 'assistant', text });

/** As a person types: the caret stands behind what was put in. */
function typedAt(segments: readonly Segment[], at: number, removed: number, typed: string) {
  const before = textOf(segments);
  return edited(segments, before.slice(0, at) + typed + before.slice(at + removed), at + typed.length);
}

it('what is typed is the person’s, also in the middle of the model’s', () => {
  const text = [YOU('Once '), MODEL('upon a time')];
  expect(typedAt(text, 16, 0, '!')).toEqual([...text, YOU('!')]);
  expect(typedAt(text, 10, 0, 'on ')).toEqual([YOU('Once '), MODEL('upon '), YOU('on '), MODEL('a time')]);
  expect(typedAt(text, 5, 0, 'not ')).toEqual([YOU('Once not '), MODEL('upon a time')]);
  expect(typedAt(text, 1, 2, '..')).toEqual([YOU('O..e '), MODEL('upon a time')]);
  expect(typedAt(text, 9, 2, '')).toEqual([YOU('Once '), MODEL('upon time')]);
  expect(typedAt(text, 0, 5, '')).toEqual([MODEL('upon a time')]);
  expect(typedAt(text, 0, 16, 'x')).toEqual([YOU('x')]);
});

it('of equal letters the one before the caret is the new one', () => {
  // The model's last letter and the typed one are the same.
  expect(typedAt([MODEL('aa'), YOU('b')], 2, 0, 'a')).toEqual([MODEL('aa'), YOU('ab')]);
  expect(typedAt([MODEL('aa')], 0, 0, 'a')).toEqual([YOU('a'), MODEL('aa')]);
});

const anySegments = fc.array(
  fc.record({
    role: fc.constantFrom('user' as const, 'assistant' as const),
    text: fc.string({ minLength: 1, maxLength: 8, unit: fc.constantFrom('a', 'b', ' ') }),
  }),
  { maxLength: 6 },
);

const byModel = (segments: readonly Segment[]) => textOf(segments.filter(({ role }) => role === 'assistant'));

it('after any change the pieces are the text, and the model has written no more than before', () => {
  fc.assert(
    fc.property(
      anySegments,
      fc.nat(),
      fc.nat(),
      fc.string({ maxLength: 5 }),
      fc.nat(),
      (all, a, b, typed, c) => {
        const before = textOf(all);
        const at = a % (before.length + 1);
        const after = before.slice(0, at) + typed + before.slice(at + (b % (before.length - at + 1)));
        // Whatever the browser says of the caret.
        for (const caret of [at + typed.length, c % (after.length + 1)]) {
          const found = edited(all, after, caret);
          expect(textOf(found)).toBe(after);
          expect(found.every(({ text }) => text !== '')).toBe(true);
          expect(byModel(found).length).toBeLessThanOrEqual(byModel(all).length);
        }
        expect(textOf(firstOf(all, at))).toBe(before.slice(0, at));
      },
    ),
  );
});

it('typing at a place with the caret told changes no letter that was there', () => {
  fc.assert(
    fc.property(
      anySegments,
      fc.nat(),
      fc.string({ minLength: 1, maxLength: 5, unit: fc.constantFrom('a', 'b') }),
      (all, a, typed) => {
        const at = a % (textOf(all).length + 1);
        expect(byModel(typedAt(all, at, 0, typed))).toBe(byModel(all));
      },
    ),
  );
});
