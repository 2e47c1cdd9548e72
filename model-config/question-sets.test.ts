/** The built-in sets are what the app says of them. */
import { describe, expect, test } from 'vitest';
import { questionSetSchema } from '../src/exams/items/item.ts';
import { itemIdentity } from '../src/exams/items/set-hash.ts';
import aboutThisApp from './question-sets/about-this-app.json' with { type: 'json' };
import readingStudies from './question-sets/reading-studies.json' with { type: 'json' };

describe.each([
  { file: aboutThisApp, least: 40 },
  { file: readingStudies, least: 24 },
])('$file.title', ({ file, least }) => {
  const set = questionSetSchema.parse(file);

  test('enough items, each with one key, an explanation and a subject, none twice', () => {
    expect(set.items.length).toBeGreaterThanOrEqual(least);
    for (const item of set.items) {
      expect(item.answer).toHaveLength(1);
      expect(item.explanation).not.toBe('');
      expect(item.subject).not.toBe('');
      expect(new Set(item.options).size).toBe(item.options.length);
    }
    expect(new Set(set.items.map(itemIdentity)).size).toBe(set.items.length);
  });

  test('every letter is right about as often', () => {
    const counts = [0, 1, 2, 3].map((letter) => set.items.filter((item) => item.answer[0] === letter).length);
    expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(2);
  });
});
