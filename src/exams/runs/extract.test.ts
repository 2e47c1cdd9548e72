import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { extractAnswer, majority } from './extract.ts';
import { EXTRACTION_IDS } from './run-plan.ts';

const FOUR = ['Iron', 'Iron deficiency', 'Lead', 'Zinc'];
const YES_NO = ['yes', 'no', 'maybe'];

describe('reading an answer', () => {
  test.each([
    [' B', 1],
    ['b) because', 1],
    ['(C)', 2],
    ['\n\nA', null],
    ['because of iron', 1], // the authors' rule takes the first character, whatever the word
    ['Z', null],
    ['', null],
    ['D\n\nQuestion: next', 3],
  ])('first-letter %j', (reply, expected) => {
    expect(extractAnswer(reply, 'first-letter', FOUR)).toBe(expected);
  });

  test.each([
    ['It is low. So the answer is C.', 2],
    ['The answer is A? No: the answer is (D) here', 3],
    ['the answer is because', null],
    ['no marker', null],
  ])('after-answer-is %j', (reply, expected) => {
    expect(extractAnswer(reply, 'after-answer-is', FOUR)).toBe(expected);
  });

  test.each([
    ['Thoughts.\nFinal Answer: B', 1],
    ['ANSWER: $C', 2],
    ['Answer: **D**', 3],
    ['Answer: Because', null],
    ['Answer: E', null],
  ])('final-answer %j', (reply, expected) => {
    expect(extractAnswer(reply, 'final-answer', FOUR)).toBe(expected);
  });

  test.each([
    ['B. Iron deficiency', 1],
    ['Iron deficiency, since ferritin is low', 1],
    ['Iron', 0],
    ['I think it is lead.', 2],
    ['lead or zinc', null],
    ['A good question', null],
  ])('letter-or-text %j', (reply, expected) => {
    expect(extractAnswer(reply, 'letter-or-text', FOUR)).toBe(expected);
  });

  test.each([
    ['The answer is a beta-blocker.', 2],
    ['Answer: a beta-blocker', 2],
    ['The answer is **a** beta-blocker', 2],
    ['I think the answer is a good one, but no', null],
    ['The answer is A because a beta-blocker is none', 0],
    ['the answer is a.', 0],
    ['the answer is a', 0],
    ['Answer: a', 0],
    ['The answer is C. difficile', 1],
    ['C. difficile', 1],
    ['C. Beta-blocker', 2],
    ['The answer is B cells, as they make antibodies', 3],
    ['Answer: B', 1],
    ['B.', 1],
  ])('letter-or-text %j: a word of one letter is no letter', (reply, expected) => {
    const options = ['An ACE inhibitor', 'C. difficile', 'Beta-blocker', 'B cells'];
    expect(extractAnswer(reply, 'letter-or-text', options)).toBe(expected);
  });

  test('an article is no final answer; the authors’ rule stays theirs', () => {
    expect(extractAnswer('Answer: a good one', 'final-answer', FOUR)).toBeNull();
    expect(extractAnswer('Answer: A good one', 'final-answer', FOUR)).toBe(0);
    expect(extractAnswer('The answer is a good one', 'after-answer-is', FOUR)).toBe(0);
  });

  test('words as options', () => {
    expect(extractAnswer(' yes', 'first-letter', YES_NO)).toBe(0);
    expect(extractAnswer('Maybe.', 'letter-or-text', YES_NO)).toBe(2);
    expect(extractAnswer('So the answer is no', 'after-answer-is', YES_NO)).toBe(1);
  });

  test('options that read the same are never guessed between', () => {
    expect(extractAnswer('Iron', 'letter-or-text', ['iron', 'Iron.'])).toBeNull();
  });

  test('whatever is written: a position of the item or null', () => {
    fc.assert(
      fc.property(
        fc.string(),
        fc.constantFrom(...EXTRACTION_IDS),
        fc.array(fc.string(), { minLength: 2, maxLength: 10 }),
        (reply, rule, options) => {
          const found = extractAnswer(reply, rule, options);
          expect(found === null || (found >= 0 && found < options.length)).toBe(true);
        },
      ),
    );
  });
});

test('majority: most votes, first come of equals, unreadable branches have none', () => {
  expect(majority([1, 2, 2, null])).toBe(2);
  expect(majority([3, 1, 1, 3])).toBe(3);
  expect(majority([null, null])).toBeNull();
  expect(majority([])).toBeNull();
});
