/** Keys as tools write them: floats by pandas, letters in MedQA's shape; what can't be read is offered to a mapping. */
import { describe, expect, test } from 'vitest';
import { importMapped, importQuestions } from '../import-set.ts';
import { guessMapping } from './mapping.ts';

const read = (path: string, content: string) => importQuestions([{ path, blob: new Blob([content]) }]);
const lines = (...records: readonly object[]) => records.map((each) => JSON.stringify(each)).join('\n');

describe('whole numbers that pandas wrote as 2.0', () => {
  test('in MedMCQA', async () => {
    const { sets } = await read(
      'train.csv',
      'id,question,opa,opb,opc,opd,cop\n1,Q?,a,b,c,d,2.0\n2,Q2?,a,b,c,d,4.0\n3,Q3?,a,b,c,d,\n4,Q4?,a,b,c,d,2.5\n',
    );
    expect(sets[0]?.items.map(({ answer }) => answer)).toEqual([[1], [3], []]);
    expect(sets[0]?.report.notes.join()).toContain('1 to 4');
    expect(sets[0]?.report.skipped).toEqual([{ file: 'train.csv', row: 5, reason: 'key-names-no-option' }]);
  });

  test('in CareQA, the harness form, HeadQA and an own table', async () => {
    const care = { question: 'Q?', op1: 'w', op2: 'x', op3: 'y', op4: 'z', cop: '3.0' };
    const endings = { sent1: 'Q?', ending0: 'w', ending1: 'x', label: '1.0' };
    const head = {
      qtext: 'Q?',
      ra: '2.0',
      answers: [
        { aid: '1.0', atext: 'w' },
        { aid: '2.0', atext: 'x' },
      ],
    };
    const answers = await Promise.all(
      [care, endings, head].map(
        async (each) => (await read('x.json', JSON.stringify([each]))).sets[0]?.items[0]?.answer,
      ),
    );
    expect(answers).toEqual([[2], [1], [1]]);
    const { unmapped } = await read('mine.csv', 'Question,A,B,C,Answer\nQ?,x,y,z,2.0\nR?,x,y,z,3.0\n');
    const [table] = unmapped;
    if (!table) throw new Error('not offered');
    const mapping = guessMapping(table);
    expect(mapping.answerIs).toBe('number-from-1');
    expect((await importMapped(table, mapping)).items.map(({ answer }) => answer)).toEqual([[1], [2]]);
  });

  test('a key that is no number names no option; it is not left away', async () => {
    for (const each of [
      { question: 'Q?', op1: 'w', op2: 'x', op3: 'y', op4: 'z', cop: 'third' },
      { question: 'Q?', opa: 'w', opb: 'x', opc: 'y', opd: 'z', cop: 'third' },
      { sent1: 'Q?', ending0: 'w', ending1: 'x', label: 'third' },
      {
        qtext: 'Q?',
        ra: 'third',
        answers: [
          { aid: 1, atext: 'w' },
          { aid: 2, atext: 'x' },
        ],
      },
    ]) {
      const right = Object.fromEntries(
        Object.entries(each).map(([name, value]) => [
          name,
          value === 'third' ? 1 : value === 'Q?' ? 'R?' : value,
        ]),
      );
      const { sets } = await read('x.json', JSON.stringify([each, right]));
      expect(sets[0]?.report).toMatchObject({
        taken: 1,
        withoutKey: 0,
        skipped: [{ reason: 'key-names-no-option' }],
      });
    }
  });
});

describe('MedQA’s shape with a letter as answer', () => {
  test('is read by the letter when the file’s answers are letters', async () => {
    const { sets } = await read(
      'mine.jsonl',
      lines(
        { question: 'Q?', options: { A: 'x', B: 'y' }, answer: 'B' },
        { question: 'Which blood group?', options: { A: 'B', B: 'AB', C: 'A' }, answer: 'a' },
      ),
    );
    expect(sets[0]?.items.map(({ options, answer }) => answer.map((at) => options[at]))).toEqual([
      ['y'],
      ['B'],
    ]);
    expect(sets[0]?.report.notes.join()).toContain('letters');
  });

  test('is read by the text where every answer is one of the texts', async () => {
    const { sets } = await read(
      'mine.jsonl',
      lines({ question: 'Which blood group?', options: { A: 'B', B: 'A' }, answer: 'A' }),
    );
    expect(sets[0]?.items[0]?.answer).toEqual([1]);
    expect(sets[0]?.report.notes).toEqual([]);
  });
});

test('a table of a known format of which nothing can be used is offered to a mapping', async () => {
  const content = lines(
    { question: 'Q?', options: { A: 'x', B: 'y' }, answer_idx: 1 },
    { question: 'R?', options: { A: 'x', B: 'y' }, answer_idx: 0 },
  );
  const { sets, unmapped, failed } = await read('mine.jsonl', content);
  expect([sets.length, failed.length]).toEqual([0, 0]);
  const [table] = unmapped;
  if (!table) throw new Error('not offered');
  const set = await importMapped(table, {
    ...guessMapping(table),
    answer: 'answer_idx',
    answerIs: 'number-from-0',
  });
  expect(set.items.map(({ answer }) => answer)).toEqual([[1], [0]]);
  const cards = await read('deck.txt', '#separator:tab\nFront\tBack\n');
  expect(cards.failed[0]?.error.code).toBe('exams/not-questions');
});
