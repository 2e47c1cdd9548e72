/** Whatever a reply holds, drawing it is over soon and the page stays small: counted, not timed, wherever that can be. */
import fc from 'fast-check';
import { renderToStaticMarkup } from 'react-dom/server';
import { describe, expect, it } from 'vitest';
import { prepareBlock } from './blocks/prepare.ts';
import { createRenderBudget, MAX_BLOCK_ELEMENTS, RenderBudgetContext } from './blocks/render-budget.ts';
import RichText from './rich-text.tsx';
import { piecesOf } from './plain-text.tsx';
import { splitBlocks } from './blocks/split-blocks.ts';
import { parseMarkdown } from './syntax/parse.ts';
import { TooMuchWork } from './syntax/work-guard.ts';

const RUNS = Number(process.env.FUZZ_RUNS ?? 60);

const FRAGMENTS = [
  ...['1', 'a', '高', ' ', '\n', '\n\n', '    ', '  \n', '\t', '"', "'", 'x '],
  ...[
    '*',
    '**',
    '*a ',
    '_',
    'a_',
    '~',
    '`',
    '``',
    '```',
    '$',
    '$x$',
    '$$',
    '\\',
    '\\\\',
    '\\(',
    '\\)',
    '\\[',
    '\\]',
  ],
  ...[
    '<',
    '>',
    '> ',
    '<a:',
    '<a@',
    '- ',
    '- a\n',
    '  - ',
    '+ ',
    '* ',
    '1. ',
    '# ',
    '|',
    '|-|\n',
    '|---|---|\n',
  ],
  ...[
    '[',
    ']',
    '](',
    ')',
    '(',
    '![',
    '[a](b (',
    '[a](<',
    '[a](b "',
    '(((',
    '&',
    '&#',
    'a@',
    'a@b.c ',
    'www.',
    'https://a',
    'a.',
  ],
];
const fragment = fc.constantFrom(...FRAGMENTS);
const MOST_CHARACTERS = 24_000;

/** A few marks, repeated as often as a block may be long. */
const repeated = fc
  .tuple(
    fc.array(fragment, { maxLength: 3 }),
    fc.array(fragment, { minLength: 1, maxLength: 4 }),
    fc.array(fragment, { maxLength: 2 }),
  )
  .map(([before, unit, after]) => {
    const one = unit.join('');
    return (before.join('') + one.repeat(MOST_CHARACTERS / one.length) + after.join('').repeat(2)).slice(
      0,
      MOST_CHARACTERS,
    );
  });

/** Milliseconds of this process, however busy the machine is. */
function cpuTime(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

describe('one block', () => {
  it('of any marks repeated is read or refused before long, and stays under its share of elements', () => {
    fc.assert(
      fc.property(repeated, fc.integer({ min: 1, max: 12 }), (text, part) => {
        // Shorter ones get past the limits of length and number.
        const block = text.slice(0, MOST_CHARACTERS / part);
        const begun = cpuTime();
        const prepared = prepareBlock(block);
        // Ten times what was seen; a text that hangs takes minutes.
        expect(cpuTime() - begun, JSON.stringify(block.slice(0, 60))).toBeLessThan(2000);
        expect(prepared?.elements ?? 0).toBeLessThanOrEqual(MAX_BLOCK_ELEMENTS);
      }),
      { numRuns: RUNS },
    );
  }, 3_600_000);

  it.each([
    ['marks', '\\)'.repeat(10_000)],
    ['list items', '- a\n'.repeat(5000)],
    ['quotations in a table', 'mg  \n> > |-|\n'.repeat(1700)],
  ])('is given up after a fixed amount of work: %s', (_name, text) => {
    expect(() => parseMarkdown(text)).toThrow(TooMuchWork);
    expect(prepareBlock(text)).toBeNull();
  });

  it('of a usual reply is far from that', () => {
    const table = `| Drug | Dose | Route | Note |\n|---|---|---|---|\n${'| **Amoxicillin** | 500 mg | oral | `3 × daily` |\n'.repeat(60)}`;
    const list = Array.from(
      { length: 60 },
      (_, at) =>
        `${String(at + 1)}. **Step ${String(at)}**: give *5 mg* of it\n   - watch [this](https://example.org)\n`,
    ).join('');
    for (const text of [table, ...splitBlocks(list)]) expect(prepareBlock(text)).not.toBeNull();
  });
});

function elementsOf(markup: string): number {
  return markup.match(/<[a-z]/g)?.length ?? 0;
}

describe('a transcript', () => {
  it.each([
    ['quotations', '> '.repeat(20) + 'x\n\n'],
    ['formulas', '$x$ '],
    ['paragraphs', 'x\n\n'],
    ['list items', '- a\n'],
    ['table cells', '| a | b |\n|---|---|\n| 1 | 2 |\n\n'],
  ])('of a million %s stays small, and loses none of its text', (_name, unit) => {
    const text = unit.repeat(Math.ceil(1_000_000 / unit.length));
    const budget = createRenderBudget();
    const markup = renderToStaticMarkup(
      <RenderBudgetContext value={budget}>
        <RichText text={text} streaming={false} whole />
      </RenderBudgetContext>,
    );
    expect(elementsOf(markup)).toBeLessThan(20_000);
    const letters = (of: string): number => of.match(/[xa12]/g)?.length ?? 0;
    expect(letters(markup.replace(/<[^>]*>/g, ''))).toBeGreaterThanOrEqual(letters(text));
  });

  it('shares one budget: what is over it is text, what left the page is given back', () => {
    const budget = createRenderBudget({ elements: 10, milliseconds: 1000 });
    expect(budget.spend('a', 8)).toBe(true);
    expect(budget.spend('b', 4)).toBe(false);
    // Drawn again, counted once.
    expect(budget.spend('a', 6)).toBe(true);
    expect(budget.spend('b', 4)).toBe(true);
    budget.release('a');
    expect(budget.spend('c', 6)).toBe(true);
    budget.addTime(1001);
    expect(budget.spend('d', 0)).toBe(false);
    const spent = createRenderBudget({ elements: 0, milliseconds: 1000 });
    expect(
      renderToStaticMarkup(
        <RenderBudgetContext value={spent}>
          <RichText text="**5 mg**" streaming={false} />
        </RenderBudgetContext>,
      ),
    ).toContain('**5 mg**');
  });

  it('draws a long text in turns, its begin first', () => {
    const text = 'Some **bold** words.\n\n'.repeat(2000);
    const markup = renderToStaticMarkup(<RichText text={text} streaming={false} />);
    expect(markup.match(/<strong>/g)?.length).toBeLessThan(500);
    expect(markup.match(/bold/g)).toHaveLength(2000);
  });
});

describe('plain text', () => {
  it('is cut into pieces the browser can leave out, and joined is the text', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('a', '\n', '\ud83d\ude00', 'word '.repeat(50)), { maxLength: 500 }),
        (parts) => {
          const text = parts.join('').repeat(20);
          const pieces = piecesOf(text);
          expect(pieces.join('').replaceAll('\n', '')).toBe(text.replaceAll('\n', ''));
          for (const piece of pieces) expect(piece.isWellFormed()).toBe(true);
        },
      ),
      { numRuns: 30 },
    );
    expect(piecesOf('x'.repeat(2_000_000)).every((piece) => piece.length <= 8000)).toBe(true);
  });
});
