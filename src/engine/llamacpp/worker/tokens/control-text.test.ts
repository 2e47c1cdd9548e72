import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { breakControlTexts } from './control-text.ts';

const CONTROL = ['<s>', '</s>', '<unk>', '<|im_end|>'];

describe('breakControlTexts', () => {
  it('breaks what llama.cpp would read as control, and nothing else', () => {
    expect(breakControlTexts('a</s>b <s>', CONTROL)).toBe('a< /s>b < s>');
    expect(breakControlTexts('a < b > c </ s>', CONTROL)).toBe('a < b > c </ s>');
    expect(breakControlTexts('$& </s>', CONTROL)).toBe('$& < /s>');
  });

  it('replaces what cannot be UTF-8 or ends a C string', () => {
    expect(breakControlTexts('a\ud83db\0c', CONTROL)).toBe('a\ufffdb\ufffdc');
    expect(breakControlTexts('🌡️', CONTROL)).toBe('🌡️');
  });

  it('leaves no control text behind, whatever is typed', () => {
    const typed = fc.string({
      unit: fc.constantFrom('<', '/', 's', '>', '</s>', '<s>', '|', 'im_end', 'unk', ' '),
      maxLength: 20,
    });
    fc.assert(
      fc.property(typed, (text) => {
        const safe = breakControlTexts(text, CONTROL);
        for (const control of CONTROL) expect(safe).not.toContain(control);
        expect(safe.replaceAll(' ', '')).toBe(text.replaceAll(' ', ''));
      }),
    );
  });
});
