import { describe, expect, it } from 'vitest';
import { NOTICE_PARAGRAPHS, noticeParagraphs } from './text.ts';

describe('where words go, as the notice says it', () => {
  it('is this machine without a server', () => {
    expect(noticeParagraphs(null)).toBe(NOTICE_PARAGRAPHS);
    expect(
      noticeParagraphs(null)
        .map(({ text }) => text)
        .join(' '),
    ).toMatch(/sent nowhere, unless you connect a server/);
  });

  it('is the server while one is in use, and nothing says otherwise', () => {
    const shown = noticeParagraphs('Ward (llm.example.org)');
    expect(shown).toHaveLength(NOTICE_PARAGRAPHS.length);
    const words = shown.map(({ text }) => text).join(' ');
    expect(words).toContain('runs on the server Ward (llm.example.org), not on this machine');
    expect(words).not.toMatch(/sent nowhere|inside this browser/);
  });
});
