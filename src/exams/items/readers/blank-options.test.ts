/** A key counts the places of options as they stand in the file: an option left blank must not move it. */
import fc from 'fast-check';
import Papa from 'papaparse';
import { describe, expect, test } from 'vitest';
import { importMapped, importQuestions, type ImportedSet } from '../import-set.ts';
import { letterOf } from '../item.ts';
import { guessMapping, type Mapping } from './mapping.ts';

const RUNS = Number(process.env.FUZZ_RUNS ?? 60);

/** A detected format as it is, any other table by the guess and what is changed of it. */
async function read(path: string, content: string, change: Partial<Mapping> = {}): Promise<ImportedSet> {
  const { sets, unmapped } = await importQuestions([{ path, blob: new Blob([content]) }]);
  const [set] = sets;
  if (set) return set;
  const [table] = unmapped;
  if (!table) throw new Error('neither read nor offered');
  return importMapped(table, { ...guessMapping(table), ...change });
}

const keyTexts = (set: ImportedSet) =>
  set.items.map(({ options, answer }) => answer.map((index) => options[index]));

describe('a blank option before the right one', () => {
  test('in a table with a column for each', async () => {
    const set = await read('mine.csv', 'Question,A,B,C,D,Answer\nQ1?,x,,y,z,C\nQ2?,k,l,m,n,D\n');
    expect(set.items[0]?.options).toEqual(['x', 'y', 'z']);
    expect(keyTexts(set)).toEqual([['y'], ['n']]);
    const numbers = await read('mine.csv', 'Question,A,B,C,D,Answer\nQ1?,x,,y,z,3\nQ2?,k,l,m,n,1\n');
    expect(keyTexts(numbers)).toEqual([['y'], ['k']]);
    const from0 = await read('mine.csv', 'Question,A,B,C,D,Answer\nQ1?,x,,y,z,2\nQ2?,k,l,m,n,0\n');
    expect(keyTexts(from0)).toEqual([['y'], ['k']]);
  });

  test('a key that names the blank one names no option', async () => {
    const set = await read('mine.csv', 'Question,A,B,C,D,Answer\nQ1?,x,,y,z,B\nQ2?,k,l,m,n,D\n');
    expect(set.report.skipped).toEqual([{ file: 'mine.csv', row: 2, reason: 'key-names-no-option' }]);
  });

  test('in CareQA', async () => {
    const set = await read(
      'c.json',
      JSON.stringify([{ question: 'Q?', op1: 'x', op2: '', op3: 'y', op4: 'z', cop: 3 }]),
    );
    expect(set.format).toBe('careqa');
    expect(keyTexts(set)).toEqual([['y']]);
  });

  test('in Anki’s export, by columns, by fields and by lines', async () => {
    const columns = '#separator:Semicolon\n#html:false\n#columns:Question;Q_1;Q_2;Q_3;Q_4;Answers\n';
    const rows = 'Pick;x;;y;z;C\nPick 2;x;;y;z;3\nPick 3;x;;y;z;0 0 1 0\nPick 4;x;;yes;z;yes\n';
    expect(keyTexts(await read('d.txt', columns + rows))).toEqual([['y'], ['y'], ['y'], ['yes']]);
    const fields = await read('d.txt', '#separator:Semicolon\nPick;x;;y;z;C\nMore;a;b;c;d;D\n');
    expect(keyTexts(fields)).toEqual([['y'], ['d']]);
    const lines = await read(
      'd.txt',
      '#separator:tab\n#html:true\nWhich?<br>A) x<br>B)<br>C) y<br>D) z\tC\n',
    );
    expect(lines.items[0]?.options).toEqual(['x', 'y', 'z']);
    expect(keyTexts(lines)).toEqual([['y']]);
  });

  test('a field of Anki’s that no note fills is no option', async () => {
    const set = await read(
      'd.txt',
      '#separator:Semicolon\nPick;;x;y;z;;B;\nMore;;a;b;c;d;D;\nWord;meaning\n',
    );
    expect(keyTexts(set)).toEqual([['y'], ['d']]);
  });

  test('in a list: JSON, JSON in a cell, or divided by bars', async () => {
    const list = { stem: 'Q?', choices: ['x', '', 'y', null, 'z'], key: 'E' };
    expect(keyTexts(await read('mine.json', JSON.stringify([list])))).toEqual([['z']]);
    const cell = 'question,options,answer\nQ?,"[""x"","""",""y""]",C\n';
    expect(keyTexts(await read('mine.csv', cell))).toEqual([['y']]);
    expect(keyTexts(await read('mine.csv', 'question,options,answer\nQ?,x||y|z,C\n'))).toEqual([['y']]);
    // Between lines, an empty one is only space.
    expect(keyTexts(await read('mine.csv', 'question,options,answer\nQ?,"x\n\ny\n\nz",C\n'))).toEqual([
      ['z'],
    ]);
  });

  test('in the harness form, with an ending left out', async () => {
    const record = { sent1: 'Q?', sent2: '', ending0: 'w', ending1: 'x', ending3: 'y', label: 3 };
    expect(keyTexts(await read('x.jsonl', JSON.stringify([record])))).toEqual([['y']]);
  });
});

describe('options with names of their own', () => {
  test('are found by letter or number, whatever their order', async () => {
    const lettered = [{ stem: 'Q?', choices: { B: 'bee', A: 'ay', C: null }, key: 'A' }];
    const set = await read('mine.json', JSON.stringify(lettered));
    expect(set.items[0]?.options).toEqual(['ay', 'bee']);
    expect(keyTexts(set)).toEqual([['ay']]);
    const numbered = [{ stem: 'Q?', choices: { option10: 'j', option2: 'b', option1: 'a' }, key: '2' }];
    expect(keyTexts(await read('mine.json', JSON.stringify(numbered)))).toEqual([['b']]);
    const columns = 'Question,B,A,D,Answer\nQ?,bee,ay,dee,A\nQ2?,bee,ay,dee,D\nQ3?,bee,ay,dee,C\n';
    const table = await read('mine.csv', columns);
    expect(table.items[0]?.options).toEqual(['ay', 'bee', 'dee']);
    expect(keyTexts(table)).toEqual([['ay'], ['dee']]);
    expect(table.report.skipped).toEqual([{ file: 'mine.csv', row: 4, reason: 'key-names-no-option' }]);
  });

  test('entries of a list that are no text are refused, never shown as [object Object]', async () => {
    const cell = '"[{""key"":""A"",""value"":""x""},{""key"":""B"",""value"":""y""}]"';
    const set = await read('mine.csv', `question,options,answer\nQ?,${cell},A\nQ2?,x|y,A\n`);
    expect(set.items.map(({ question }) => question)).toEqual(['Q2?']);
    expect(set.report.skipped).toEqual([{ file: 'mine.csv', row: 2, reason: 'malformed' }]);
    const nested = [
      { stem: 'Q?', choices: { A: { text: 'x' }, B: 'y' }, key: 'A' },
      { stem: 'Q2?', choices: [['x'], 'y', 'z'], key: 'B' },
      { stem: 'Q3?', choices: ['x', 'y'], key: 'B' },
    ];
    expect((await read('mine.json', JSON.stringify(nested))).report.skipped.map(({ row }) => row)).toEqual([
      1, 2,
    ]);
  });
});

test('wherever options are blank, the key’s text is that of its place', async () => {
  const places = fc
    .array(fc.option(fc.stringMatching(/^[a-z][0-9]{1,3}$/), { nil: '' }), { minLength: 4, maxLength: 4 })
    .filter((all) => new Set(all.filter((each) => each !== '')).size >= 2)
    .chain((options) =>
      fc.record({
        options: fc.constant(options),
        right: fc.constantFrom(...options.flatMap((option, at) => (option === '' ? [] : [at]))),
      }),
    );
  await fc.assert(
    fc.asyncProperty(places, async ({ options, right }) => {
      const wanted = options[right];
      const letter = letterOf(right);
      const cells = ['Q?', ...options, letter];
      const full = ['Full?', 'a', 'b', 'c', 'd', 'D'];
      const csv = Papa.unparse([['Question', 'A', 'B', 'C', 'D', 'Answer'], cells, full]);
      const columns = '#separator:comma\n#html:false\n#columns:Question,Q_1,Q_2,Q_3,Q_4,Answer\n';
      const [op1, op2, op3, op4] = options;
      const given: readonly (readonly [string, string])[] = [
        ['mine.csv', csv],
        ['deck.txt', columns + Papa.unparse([cells, full])],
        ['deck.txt', `#separator:comma\n${Papa.unparse([cells, full])}`],
        ['care.json', JSON.stringify([{ question: 'Q?', op1, op2, op3, op4, cop: right + 1 }])],
        ['list.json', JSON.stringify([{ stem: 'Q?', choices: options, key: letter }])],
        ['mmlu.csv', Papa.unparse([cells, full])],
      ];
      for (const [path, content] of given) {
        const [item] = (await read(path, content)).items;
        expect([path, item?.options[item.answer[0] ?? -1]]).toEqual([path, wanted]);
      }
    }),
    { numRuns: RUNS },
  );
});
