import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { shownOf } from './meaning-shown.tsx';
import { anyText, documents, quantities } from './meaning-testing.ts';
import { prepareBlock } from './blocks/prepare.ts';
import { splitBlocks } from './blocks/split-blocks.ts';

/** More of them: `npm run fuzz`. */
const RUNS = Number(process.env.FUZZ_RUNS ?? 600);
const HOUR_MS = 3_600_000;

describe('for any text of numbers, units, signs and Markdown', () => {
  it(
    'every quantity is shown, to the letter and in order',
    () => {
      fc.assert(
        fc.property(documents, ({ text, quantities: all }) => {
          const shown = shownOf(text);
          let at = 0;
          for (const quantity of all) {
            const found = shown.indexOf(quantity.replace(/\s+/g, ' '), at);
            expect(
              found,
              `${JSON.stringify(quantity)} of ${JSON.stringify(text)} in ${JSON.stringify(shown)}`,
            ).toBeGreaterThanOrEqual(0);
            at = found + 1;
          }
        }),
        { numRuns: RUNS },
      );
    },
    HOUR_MS,
  );

  it(
    'hardly ever by giving up on its form',
    () => {
      const givenUp = fc
        .sample(documents, { numRuns: 200, seed: 1 })
        .filter(({ text }) => splitBlocks(text).some((block) => !prepareBlock(block)));
      expect(givenUp.map(({ text }) => text)).toEqual([]);
    },
    HOUR_MS,
  );

  it(
    'no figure of any text is lost',
    () => {
      fc.assert(
        fc.property(anyText, (text) => {
          const figures = (of: string): string => (of.match(/[\p{N}≤≥±^%µ×=]/gu) ?? []).join('');
          expect(figures(shownOf(text))).toBe(figures(text));
        }),
        { numRuns: RUNS },
      );
    },
    HOUR_MS,
  );

  it(
    'a quantity alone is shown alone',
    () => {
      fc.assert(
        fc.property(quantities, (quantity) => {
          expect(shownOf(quantity).trim()).toBe(quantity.replace(/\s+/g, ' ').trim());
        }),
        { numRuns: RUNS },
      );
    },
    HOUR_MS,
  );
});
