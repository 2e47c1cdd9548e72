/** A column of digits is taken for places, counted from where the whole file counts, or for the options' own texts. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { importMapped, importQuestions } from '../import-set.ts';
import { guessMapping } from './mapping.ts';

const read = (path: string, content: string) => importQuestions([{ path, blob: new Blob([content]) }]);

async function mapped(header: string, rows: readonly string[]) {
  const { unmapped } = await read('mine.csv', `${header}\n${rows.join('\n')}\n`);
  const [table] = unmapped;
  if (!table) throw new Error('not offered');
  const mapping = guessMapping(table);
  const { items, report } = await importMapped(table, mapping);
  const right = items.map(({ options, answer }) => answer.map((at) => options[at]).join('+'));
  return { as: mapping.answerIs, right, notes: report.notes, skipped: report.skipped.length };
}

const FOUR = 'Question,A,B,C,D,Answer';
const four = (n: number, key: number | string): string => `Q${n}?,a,b,c,d,${key}`;

describe('an own table', () => {
  test('counts from where all of its keys say, not its first ones', async () => {
    const late = Array.from({ length: 30 }, (_, n) => four(n, n < 29 ? 1 + (n % 3) : 0));
    expect(await mapped(FOUR, late)).toMatchObject({ as: 'number-from-0', notes: [], skipped: 0 });
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(0, 1),
        fc.array(fc.nat(3), { minLength: 1, maxLength: 60 }),
        async (from, places) => {
          const found = await mapped(
            FOUR,
            // What tells the countings apart stands last.
            [...places, from === 0 ? 0 : 3].map((place, n) => four(n, place + from)),
          );
          expect(found.right).toEqual([...places, from === 0 ? 0 : 3].map((place) => 'abcd'[place]));
        },
      ),
      { numRuns: 50 },
    );
  });

  test('whose keys fit both countings says so, as one that fits neither does', async () => {
    const unclear = await mapped(FOUR, [four(0, 1), four(1, 2), four(2, 3)]);
    expect(unclear).toMatchObject({ as: 'number-from-1', right: ['a', 'b', 'c'] });
    expect(unclear.notes.join()).toContain('both countings fit; 1 was taken for option A');
    const never = await mapped(FOUR, [four(0, 0), four(1, 4)]);
    expect(never).toMatchObject({ right: ['d'], skipped: 1 });
    expect(never.notes.join()).toContain('which no counting allows');
    expect((await mapped(FOUR, [four(0, 1), four(1, 4)])).notes).toEqual([]);
  });

  test('has digits and letters as texts where each key is one of its options’ texts', async () => {
    expect(await mapped(FOUR, ['How many lobes?,2,3,4,5,3', 'How many chambers?,3,4,2,5,4'])).toMatchObject({
      as: 'text',
      right: ['3', '4'],
    });
    expect(await mapped(FOUR, ['Which blood group?,B,A,AB,0,A', 'And which?,A,0,B,AB,B'])).toMatchObject({
      as: 'text',
      right: ['A', 'B'],
    });
    expect(await mapped(FOUR, ['Which blood group?,B,A,AB,0,A', 'And of these?,w,x,y,z,B'])).toMatchObject({
      as: 'letter',
      right: ['B', 'x'],
    });
  });

  test('has lists of digits', async () => {
    expect(await mapped(FOUR, [four(0, '"1,3"'), four(1, 4)])).toMatchObject({ right: ['a+c', 'd'] });
  });
});

describe('a published format’s shape, counted otherwise', () => {
  const cases = [
    ['MMLU', 0, (n: number) => ({ question: `Q${n}`, choices: ['a', 'b', 'c', 'd'], answer: n })],
    [
      'the harness form',
      0,
      (n: number) => ({ sent1: `Q${n}`, ending0: 'a', ending1: 'b', ending2: 'c', ending3: 'd', label: n }),
    ],
    ['CareQA', 1, (n: number) => ({ question: `Q${n}`, op1: 'a', op2: 'b', op3: 'c', op4: 'd', cop: n })],
  ] as const;
  test.each(cases)('%s', async (_, usual, record) => {
    for (const from of [0, 1] as const) {
      const { sets } = await read(
        'x.json',
        JSON.stringify([0, 1, 2, 3].map((place) => record(place + from))),
      );
      expect(sets[0]?.items.map(({ answer }) => answer)).toEqual([[0], [1], [2], [3]]);
      expect(sets[0]?.report.notes.join()).toEqual(
        from === usual ? '' : (expect.stringContaining(`${from} was taken for option A`) as string),
      );
    }
  });

  test('HeadQA’s answers numbered from 0; 0 of those numbered from 1 is annulled', async () => {
    const answers = (from: number) => ['w', 'x'].map((atext, at) => ({ aid: at + from, atext }));
    const rows = (from: number) => [
      { qtext: 'Q?', ra: 0, answers: answers(from) },
      { qtext: 'R?', ra: 1, answers: answers(from) },
    ];
    const keys = async (from: number) =>
      (await read('x.json', JSON.stringify(rows(from)))).sets[0]?.items.map(({ answer }) => answer);
    expect(await keys(0)).toEqual([[0], [1]]);
    expect(await keys(1)).toEqual([[], [0]]);
  });
});
