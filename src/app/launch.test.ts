import { describe, expect, it } from 'vitest';
import { withOffered } from '../chat/session/offered-text.ts';
import { sharedText } from './launch.ts';
import { MOST_SHARED_CHARACTERS, partsOf } from './offline/share-target.ts';

describe('a share', () => {
  const part = (title: string, text = '', url = '') => ({ title, text, url });
  it.each([
    [part('', ' '), ''],
    [part('', 'What is sepsis?'), 'What is sepsis?'],
    [part('Sepsis', 'What is it?', 'https://x.example'), 'Sepsis\nWhat is it?\nhttps://x.example'],
    [part('Sepsis', 'Sepsis https://x.example', 'https://x.example'), 'Sepsis https://x.example'],
    [part('Same', 'Same'), 'Same'],
  ])('%j is read as %j', (shared, text) => {
    expect(sharedText(shared)).toBe(text);
  });

  it('of a whole document is cut, and what is no text is none', () => {
    const form = new FormData();
    form.set('text', 'x'.repeat(MOST_SHARED_CHARACTERS + 5));
    form.set('title', new File(['x'], 'x.txt'));
    const parts = partsOf(form);
    expect(parts).toMatchObject({ title: '', url: '' });
    expect(sharedText(parts)).toHaveLength(MOST_SHARED_CHARACTERS);
  });

  it('goes below what the box holds, and takes nothing away', () => {
    expect(withOffered('', { text: 'new', draft: '' })).toBe('new');
    expect(withOffered('', { text: 'new', draft: 'old' })).toBe('old\n\nnew');
    expect(withOffered('old, typed on', { text: 'new', draft: 'old' })).toBe('old, typed on\n\nnew');
  });
});
