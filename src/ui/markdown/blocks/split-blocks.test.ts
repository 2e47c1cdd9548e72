import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GrowingBlocks, splitBlocks } from './split-blocks.ts';

describe('splitBlocks', () => {
  it('ends a block at a blank line', () => {
    expect(splitBlocks('one\ntwo\n\nthree')).toEqual(['one\ntwo\n\n', 'three']);
  });

  it('keeps a list together across blank lines, with its paragraphs and nested lists', () => {
    const list = '1. a\n\n   more of a\n\n2. b\n\n   - c\n\n3. d\n';
    expect(splitBlocks(`${list}\nafter`)).toEqual([`${list}\n`, 'after']);
  });

  it.each([
    ['a fence', '```js\nlet a;\n\nlet b;\n```\n'],
    ['a tilde fence holding backticks', '~~~\n```\n\n```\n~~~\n'],
    ['a formula', '$$\na\n\nb\n$$\n'],
    ['a formula in brackets', '\\[\na\n\nb\n\\]\n'],
  ])('does not cut %s', (_name, block) => {
    expect(splitBlocks(`${block}\nafter`)).toEqual([`${block}\n`, 'after']);
  });

  it('leaves an unfinished fence open to the end', () => {
    expect(splitBlocks('a\n\n```\ncode\n\nmore')).toEqual(['a\n\n', '```\ncode\n\nmore']);
  });
});

const markdown = fc
  .array(
    fc.constantFrom(
      'word ',
      '\n',
      '\n\n',
      '- a\n',
      '1. b\n',
      '   c\n',
      '```\n',
      '~~~',
      '$$\n',
      '\\[',
      '> q\n',
      '| a |\n',
    ),
    { maxLength: 40 },
  )
  .map((parts) => parts.join(''));

describe('for any text', () => {
  it('blocks joined are the text', () => {
    fc.assert(
      fc.property(markdown, (text) => {
        expect(splitBlocks(text).join('')).toBe(text);
      }),
    );
  });

  it('growing piece by piece ends at the same blocks, and a closed block never changes', () => {
    fc.assert(
      fc.property(markdown, fc.integer({ min: 1, max: 7 }), (text, step) => {
        const growing = new GrowingBlocks();
        let before: readonly string[] = [];
        for (let end = step; end < text.length + step; end += step) {
          const now = growing.update(text.slice(0, end));
          expect(now.slice(0, Math.max(0, before.length - 1))).toEqual(before.slice(0, -1));
          before = now;
        }
        expect(growing.update(text)).toEqual(splitBlocks(text));
      }),
    );
  });

  it('starts anew when the text is another one', () => {
    const growing = new GrowingBlocks();
    growing.update('a\n\nb\n\nc');
    expect(growing.update('x\n\ny')).toEqual(['x\n\n', 'y']);
  });
});
