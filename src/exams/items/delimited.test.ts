/** What a quotation mark can do to a table: nothing that isn't said. */
import fc from 'fast-check';
import Papa from 'papaparse';
import { describe, expect, test } from 'vitest';
import { importMapped, importQuestions, type ImportOutcome } from './import-set.ts';
import { guessMapping } from './readers/mapping.ts';

const RUNS = Number(process.env.FUZZ_RUNS ?? 200);
const HEADER = 'Question,A,B,C,D,Answer\n';

async function read(path: string, content: string): Promise<ImportOutcome> {
  return importQuestions([{ path, blob: new Blob([content]) }]);
}

async function mapped(path: string, content: string) {
  const { unmapped, failed } = await read(path, content);
  const [table] = unmapped;
  if (!table) throw new Error(`not offered: ${failed[0]?.error.message ?? ''}`);
  return importMapped(table, guessMapping(table));
}

describe('a quotation mark that is not closed', () => {
  test('refuses a CSV file, with the line', async () => {
    const inOption = `${HEADER}Q1?,x,w,y,z,C\nQ2?,"k,l,m,n,D\nQ3?,a,b,c,d,A\nQ4?,a1,b,c,d,A\nQ5?,a2,b,c,d,A\nQ6?,"a2",b,c,d,A\nQ7?,a2,b,c,d,A\n`;
    const inQuestion = `${HEADER}Q1?,x,w,y,z,C\n"Q2 5 mg?,k,l,m,n,D\nQ3?,a,b,c,d,A\nQ4?,a1,b,c,d,A\n`;
    for (const content of [inOption, inQuestion]) {
      const { sets, unmapped, failed } = await read('mine.csv', content);
      expect([sets.length, unmapped.length]).toEqual([0, 0]);
      expect(failed).toMatchObject([{ file: 'mine.csv', error: { code: 'exams/damaged' } }]);
      expect(failed[0]?.error.details).toEqual({ file: 'mine.csv', row: 3 });
    }
    const anki = await read('deck.txt', '#separator:Semicolon\n#html:false\nQ1;x;y;A\n"Q2;x;y;B\nQ3;x;y;A\n');
    expect(anki.failed[0]?.error.details).toEqual({ file: 'deck.txt', row: 4 });
  });

  test('is text like any other where a table of tabs does not quote', async () => {
    const rows = [
      '"Crush" syndrome?\tx\ty\tA',
      'Q2?\tx\ty\tB',
      'Q3?\t5" pipe\t"y\tB',
      '"End"\tx\ty\tA',
      'Q5?\tx\ty\tA',
    ];
    for (const path of ['mine.tsv', 'Pasted questions']) {
      const set = await mapped(path, `Question\tA\tB\tAnswer\n${rows.join('\n')}\n`);
      expect(set.items.map(({ question }) => question)).toEqual([
        '"Crush" syndrome?',
        'Q2?',
        'Q3?',
        '"End"',
        'Q5?',
      ]);
      expect(set.items[2]?.options).toEqual(['5" pipe', '"y']);
      expect(set.report.notes.join()).toContain('quotation marks');
    }
  });

  test('refuses a table of tabs that quotes elsewhere', async () => {
    const { failed } = await read(
      'mine.tsv',
      'Question\tA\tB\tAnswer\n"Two\nlines"\tx\ty\tA\n"Crush" syndrome?\tx\ty\tB\n',
    );
    expect(failed[0]?.error.code).toBe('exams/damaged');
  });
});

test('a cell that holds what looks like rows of its table is said', async () => {
  const swallowed = `${HEADER}Q1?,x,w,y,z,C\nQ2?,"k,l,m,n,D\nQ3?,a,b,c,d,A\nQ6?,a2",b,c,d,A\nQ7?,a2,b,c,d,A\n`;
  expect((await mapped('mine.csv', swallowed)).report.notes.join()).toContain('row 3');
  const fine = `${HEADER}"A man, 60,\nsmoker, is ill?",x,w,y,z,C\n`;
  expect((await mapped('mine.csv', fine)).report.notes).toEqual([]);
});

test('a row with more cells than the header has names is left out: its cells stand under other names', async () => {
  const set = await mapped('mine.csv', `${HEADER}Dose, in mg?,1,2,3,4,3\nQ2?,1,2,3,4,3,,\nQ3?,1,2,3,4,4\n`);
  expect(set.items.map(({ question, answer }) => [question, answer])).toEqual([
    ['Q2?', [2]],
    ['Q3?', [3]],
  ]);
  expect(set.report.skipped).toEqual([{ file: 'mine.csv', row: 2, reason: 'malformed' }]);
});

test('what was said of a file, and its bad lines, come with a mapping, too', async () => {
  const lines =
    '{"stem":"Q?","choices":["x","y"],"key":"A"}\n{"stem":"cut\n{"stem":"R?","choices":["x","y"],"key":"B"}\n';
  expect((await mapped('mine.jsonl', lines)).report.skipped).toEqual([
    { file: 'mine.jsonl', row: 2, reason: 'malformed' },
  ]);
  const latin = new Uint8Array([...new TextEncoder().encode(`${HEADER}Caf`), 0xe9]);
  const bytes = new Blob([latin, '?,x,w,y,z,C\n']);
  const { unmapped } = await importQuestions([{ path: 'mine.csv', blob: bytes }]);
  const [table] = unmapped;
  if (!table) throw new Error('not offered');
  expect((await importMapped(table, guessMapping(table))).report.notes.join()).toContain('Windows-1252');
});

test('whatever texts are quoted as a spreadsheet does are read as they were', async () => {
  const cell = fc.stringMatching(/^[a-z][a-z0-9 "',;\n\t<>]{0,12}[a-z]$/);
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(cell, cell, cell), { minLength: 1, maxLength: 5 }),
      fc.constantFrom(',', '\t', ';'),
      async (rows, delimiter) => {
        const given = rows.map(([question, a, b], n) => [`${question} ${n}?`, a, b, 'B']);
        const content = Papa.unparse([['Question', 'Option A', 'Option B', 'Answer'], ...given], {
          delimiter,
        });
        const set = await mapped(delimiter === '\t' ? 'mine.tsv' : 'mine.csv', content);
        expect(set.items.map(({ question, options }) => [question, ...options, 'B'])).toEqual(given);
      },
    ),
    { numRuns: RUNS },
  );
});
