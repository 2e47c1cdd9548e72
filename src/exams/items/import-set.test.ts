import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { AppError } from '../../errors/app-error.ts';
import { importQuestions } from './import-set.ts';
import { itemSchema } from './item.ts';
import { MAX_FILES } from './limits.ts';

const RUNS = Number(process.env.FUZZ_RUNS ?? 300);
const file = (path: string, content: BlobPart) => ({ path, blob: new Blob([content]) });
const line = (n: number) =>
  JSON.stringify({ question: `Question ${n}?`, options: { A: 'a', B: 'b' }, answer_idx: 'A' });

describe('the report', () => {
  test('duplicates, bad lines and items without a key are counted', async () => {
    const content = [
      line(1),
      line(2),
      line(1),
      '{"question": "cut',
      JSON.stringify({ question: 'No key?', options: { A: 'a', B: 'b' }, answer: '' }),
    ];
    const { sets } = await importQuestions([file('q.jsonl', content.join('\n'))]);
    expect(sets[0]?.report).toMatchObject({ taken: 3, withoutKey: 1, duplicates: 1 });
    expect(sets[0]?.report.skipped).toEqual([
      { file: 'q.jsonl', row: 4, reason: 'malformed' },
      { file: 'q.jsonl', row: 3, reason: 'duplicate' },
    ]);
  });

  test('the same id twice gets a number', async () => {
    const record = (n: number) =>
      JSON.stringify({ id: 'x', question: `Q${n}?`, options: { A: 'a', B: 'b' }, answer_idx: 'B' });
    const { sets } = await importQuestions([file('q.jsonl', `${record(1)}\n${record(2)}`)]);
    expect(sets[0]?.items.map((item) => item.id)).toEqual(['x', 'x-2']);
  });

  test('the hash speaks of the items alone', async () => {
    const a = await importQuestions([file('one.jsonl', line(1))]);
    const b = await importQuestions([file('other name.jsonl', `${line(1)}\n\n`)]);
    const c = await importQuestions([file('one.jsonl', line(2))]);
    expect(a.sets[0]?.sha256).toBe(b.sets[0]?.sha256);
    expect(a.sets[0]?.sha256).not.toBe(c.sets[0]?.sha256);
  });
});

describe('hostile files', () => {
  const codes = async (path: string, content: BlobPart) => {
    const { sets, unmapped, failed } = await importQuestions([file(path, content)]);
    expect([sets.length, unmapped.length]).toEqual([0, 0]);
    return failed.map(({ error }) => error.code);
  };

  test('each is refused by name', async () => {
    expect(await codes('x.json', '[{"question"')).toEqual(['exams/damaged']);
    expect(await codes('x.json', '['.repeat(40) + ']'.repeat(40))).toEqual(['exams/too-large']);
    expect(await codes('x.bin', new Uint8Array([1, 0, 2, 0, 0, 0, 9]))).toEqual(['exams/damaged']);
    expect(await codes('x.txt', 'just words without any column')).toEqual(['exams/not-questions']);
    expect(await codes('x.csv', Array.from({ length: 300 }, (_, n) => `c${n}`).join())).toEqual([
      'exams/too-large',
    ]);
    expect(await codes('x.parquet', 'PAR1 and then nothing')).toEqual(['exams/damaged']);
  });

  test('too many files', async () => {
    const many = Array.from({ length: MAX_FILES + 1 }, (_, n) => file(`${n}.csv`, 'a,b'));
    await expect(importQuestions(many)).rejects.toMatchObject({ code: 'exams/too-large' });
  });

  test('own members named like prototypes are members like others', async () => {
    const { sets } = await importQuestions([
      file(
        'x.jsonl',
        '{"__proto__": {"question": "stolen?"}, "question": "Own?", "options": {"A": "a", "B": "b"}, "answer_idx": "A"}',
      ),
    ]);
    expect(sets[0]?.items[0]?.question).toBe('Own?');
    expect(({} as Record<string, unknown>).question).toBeUndefined();
  });

  test('whatever the bytes: typed errors or items that keep every rule', async () => {
    const value = fc.oneof(
      fc.string(),
      fc.integer({ min: -2, max: 6 }),
      fc.constant(null),
      fc.array(fc.string(), { maxLength: 4 }),
    );
    const field = fc.constantFrom(
      'question',
      'options',
      'answer',
      'answer_idx',
      'opa',
      'opb',
      'opc',
      'opd',
      'cop',
      'sent1',
      'ending0',
      'ending1',
      'label',
      'choices',
      'qtext',
      'answers',
      'ra',
      'QUESTION',
      'CONTEXTS',
      'answer_options',
      'correct_answer',
    );
    const record = fc.dictionary(
      field,
      fc.oneof(value, fc.dictionary(fc.constantFrom('A', 'B', 'C', 'x'), value)),
    );
    const content = fc.oneof(
      fc.uint8Array({ maxLength: 200 }).map((bytes) => new Uint8Array(bytes)),
      fc.string({ maxLength: 300 }),
      fc.array(record, { maxLength: 6 }).map((all) => JSON.stringify(all)),
      fc
        .array(record, { minLength: 1, maxLength: 6 })
        .map((all) => all.map((each) => JSON.stringify(each)).join('\n')),
      fc
        .array(fc.array(fc.string(), { minLength: 6, maxLength: 6 }), { maxLength: 5 })
        .map((rows) => rows.map((cells) => cells.map((cell) => JSON.stringify(cell)).join()).join('\n')),
      fc.string({ maxLength: 100 }).map((rest) => `#separator:tab\n#html:true\n${rest}`),
    );
    await fc.assert(
      fc.asyncProperty(content, async (bytes) => {
        const { sets, failed } = await importQuestions([file('fuzz.json', bytes)]);
        for (const { error } of failed) {
          expect(error).toBeInstanceOf(AppError);
          expect(error.code).toMatch(/^exams\//);
        }
        for (const set of sets) {
          expect(set.items.length).toBe(set.report.taken);
          for (const item of set.items) expect(itemSchema.safeParse(item).success).toBe(true);
        }
      }),
      { numRuns: RUNS },
    );
  });
});
