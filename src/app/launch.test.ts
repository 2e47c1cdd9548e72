import { describe, expect, it } from 'vitest';
import { withOffered } from '../chat/session/offered-text.ts';
import { MOST_SHARED_CHARACTERS, sharedText, sortFiles } from './launch.ts';

describe('a share', () => {
  it.each([
    ['', null],
    ['?utm=1', null],
    ['?title=&text=%20', null],
    ['?text=What%20is%20sepsis%3F', 'What is sepsis?'],
    [
      '?title=Sepsis&text=What%20is%20it%3F&url=https%3A%2F%2Fx.example',
      'Sepsis\nWhat is it?\nhttps://x.example',
    ],
    [
      '?title=Sepsis&text=Sepsis%20https%3A%2F%2Fx.example&url=https%3A%2F%2Fx.example',
      'Sepsis https://x.example',
    ],
    ['?title=Same&text=Same', 'Same'],
  ])('%s is read as %j', (query, text) => {
    expect(sharedText(query)).toBe(text);
  });

  it('of a whole document is cut', () => {
    expect(sharedText(`?text=${'x'.repeat(MOST_SHARED_CHARACTERS + 5)}`)).toHaveLength(
      MOST_SHARED_CHARACTERS,
    );
  });

  it('goes below what the box holds, and takes nothing away', () => {
    expect(withOffered('', { text: 'new', draft: '' })).toBe('new');
    expect(withOffered('', { text: 'new', draft: 'old' })).toBe('old\n\nnew');
    expect(withOffered('old, typed on', { text: 'new', draft: 'old' })).toBe('old, typed on\n\nnew');
  });
});

it('files are told apart by name: weights are offered to a model, the rest is read as transcripts', () => {
  const files = ['a.json', 'meditron-7b.Q4_0.GGUF', 'b.jsonl'].map((name) => new File([], name));
  const { weights, transcripts } = sortFiles(files);
  expect(weights.map(({ name }) => name)).toEqual(['meditron-7b.Q4_0.GGUF']);
  expect(transcripts.map(({ name }) => name)).toEqual(['a.json', 'b.jsonl']);
});
