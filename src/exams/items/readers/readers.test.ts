/** Every format from a file in its published shape (fields as documented; questions our own). */
import { parquetWriteBuffer } from 'hyparquet-writer';
import { describe, expect, test } from 'vitest';
import { importMapped, importQuestions, type ImportedSet } from '../import-set.ts';
import { guessMapping } from './mapping.ts';

function file(path: string, content: string | ArrayBuffer): { path: string; blob: Blob } {
  return { path, blob: new Blob([content]) };
}

async function one(path: string, content: string | ArrayBuffer): Promise<ImportedSet> {
  const { sets, failed, unmapped } = await importQuestions([file(path, content)]);
  expect({ failed: failed.map((each) => each.error), unmapped, sets: sets.length }).toEqual({
    failed: [],
    unmapped: [],
    sets: 1,
  });
  const [set] = sets;
  if (!set) throw new Error('no set');
  return set;
}

const lines = (...records: readonly object[]): string =>
  records.map((each) => JSON.stringify(each)).join('\n') + '\n';
const core = (set: ImportedSet) =>
  set.items.map(({ question, options, answer }) => ({ question, options, answer }));

const Q = 'Which measure describes how many of the ill a test finds?';
const OPTIONS = ['Specificity', 'Sensitivity', 'Prevalence', 'Precision'];

describe('MedQA', () => {
  test('options by letter, key by letter', async () => {
    const set = await one(
      'US/train.jsonl',
      lines({
        question: Q,
        answer: 'Sensitivity',
        options: { A: 'Specificity', B: 'Sensitivity', C: 'Prevalence', D: 'Precision' },
        meta_info: 'step1',
        answer_idx: 'B',
      }),
    );
    expect(set.format).toBe('medqa');
    expect(core(set)).toEqual([{ question: Q, options: OPTIONS, answer: [1] }]);
    expect(set.items[0]).toMatchObject({ subject: 'step1', split: 'train' });
  });

  test('five options as key and value, key by text', async () => {
    const options = [...OPTIONS, 'Recall of the healthy'].map((value, index) => ({
      key: 'ABCDE'[index],
      value,
    }));
    const set = await one('medqa.jsonl', lines({ question: Q, answer: 'Precision', options }));
    expect(set.items[0]).toMatchObject({ answer: [3] });
    expect(set.items[0]?.options).toHaveLength(5);
  });

  test('a key that is no option is left out and said', async () => {
    const set = await one(
      'medqa.jsonl',
      lines(
        { question: Q, options: { A: 'a', B: 'b' }, answer: 'c' },
        { question: `${Q} 2`, options: { A: 'a', B: 'b' }, answer_idx: 'A' },
      ),
    );
    expect(set.report).toMatchObject({
      taken: 1,
      skipped: [{ file: 'medqa.jsonl', row: 1, reason: 'key-names-no-option' }],
    });
  });
});

describe('MedMCQA', () => {
  const record = (n: number, cop: number | undefined) => ({
    id: `id-${n}`,
    question: `${Q} (${n})`,
    opa: 'Specificity',
    opb: 'Sensitivity',
    opc: 'Prevalence',
    opd: 'Precision',
    ...(cop === undefined ? {} : { cop }),
    choice_type: 'single',
    exp: 'Because of the ill.',
    subject_name: 'Statistics',
    topic_name: null,
  });

  test('the repository counts from 1, the hub from 0: decided over the whole file', async () => {
    const repository = await one('train.json', lines(record(1, 2), record(2, 1), record(3, 4)));
    expect(repository.items.map((item) => item.answer)).toEqual([[1], [0], [3]]);
    expect(repository.report.notes.join()).toContain('1 to 4');
    const hub = await one('dev.json', lines(record(1, 2), record(2, 0), record(3, 3)));
    expect(hub.items.map((item) => item.answer)).toEqual([[2], [0], [3]]);
    expect(hub.report.notes.join()).toContain('0 to 3');
    expect(hub.items[0]).toMatchObject({
      id: 'id-1',
      subject: 'Statistics',
      explanation: 'Because of the ill.',
    });
  });

  test('a file with neither end says what it took', async () => {
    const set = await one('dev.json', lines(record(1, 2), record(2, 1)));
    expect(set.items.map((item) => item.answer)).toEqual([[1], [0]]);
    expect(set.report.notes.join()).toContain('neither 0 nor');
  });

  test('the test split has no key', async () => {
    const set = await one('test.json', lines(record(1, undefined), record(2, -1)));
    expect(set.report).toMatchObject({ taken: 2, withoutKey: 2 });
  });
});

describe('PubMedQA', () => {
  const entry = (decision: string, n: number) => ({
    QUESTION: `Does reading abstracts help (${n})?`,
    CONTEXTS: ['First part.', 'Second part.'],
    LABELS: ['BACKGROUND', 'RESULTS'],
    MESHES: [],
    YEAR: '2020',
    LONG_ANSWER: 'It may.',
    final_decision: decision,
  });
  const questions = file(
    'ori_pqal.json',
    JSON.stringify({ 101: entry('yes', 1), 102: entry('no', 2), 103: entry('maybe', 3) }),
  );

  test('the ground truth file selects the test items; the others are kept for examples', async () => {
    const { sets } = await importQuestions([
      questions,
      file('test_ground_truth.json', JSON.stringify({ 102: 'no', 103: 'maybe' })),
    ]);
    expect(sets[0]?.items.map(({ id, split, answer }) => ({ id, split, answer }))).toEqual([
      { id: '101', split: 'train', answer: [0] },
      { id: '102', split: 'test', answer: [1] },
      { id: '103', split: 'test', answer: [2] },
    ]);
    expect(sets[0]?.items[0]).toMatchObject({
      context: 'First part.\nSecond part.',
      options: ['yes', 'no', 'maybe'],
    });
    expect(sets[0]?.report.notes.join()).toContain('selects 2 items');
  });

  test('a ground truth file alone is refused', async () => {
    const { sets, failed } = await importQuestions([
      file('test_ground_truth.json', JSON.stringify({ 102: 'no' })),
    ]);
    expect(sets).toEqual([]);
    expect(failed[0]?.error.code).toBe('exams/not-questions');
  });
});

describe('MMLU', () => {
  test('many files without a header: the name is the subject', async () => {
    const csv = `"${Q}",Specificity,Sensitivity,Prevalence,Precision,B\n"A ""quoted"", long\nquestion",a,b,c,d,D\n`;
    const { sets } = await importQuestions([
      file('test/clinical_knowledge_test.csv', csv),
      file('dev/anatomy_dev.csv', 'Another question,a,b,c,d,A\n'),
    ]);
    expect(sets).toHaveLength(1);
    expect(sets[0]?.items.map(({ subject, split, answer }) => [subject, split, answer])).toEqual([
      ['clinical_knowledge', 'test', [1]],
      ['clinical_knowledge', 'test', [3]],
      ['anatomy', 'dev', [0]],
    ]);
    expect(sets[0]?.items[1]?.question).toBe('A "quoted", long\nquestion');
  });

  test('the hub’s parquet form, compressed', async () => {
    const bytes = parquetWriteBuffer({
      columnData: [
        { name: 'question', data: [Q, 'Second?'], type: 'STRING' },
        { name: 'subject', data: ['anatomy', 'virology'], type: 'STRING' },
        { name: 'choices', data: [OPTIONS, ['a', 'b', 'c', 'd']] },
        { name: 'answer', data: [1n, 3n], type: 'INT64' },
      ],
    });
    const set = await one('anatomy/test-00000-of-00001.parquet', bytes);
    expect(set.format).toBe('mmlu');
    expect(set.items.map(({ options, answer, subject }) => [options, answer, subject])).toEqual([
      [OPTIONS, [1], 'anatomy'],
      [['a', 'b', 'c', 'd'], [3], 'virology'],
    ]);
  });
});

test('MedXpertQA: ten options, the question without its copy of them', async () => {
  const letters = Array.from('ABCDEFGHIJ');
  const set = await one(
    'test.jsonl',
    lines({
      id: 'Text-0',
      question: `${Q}\nAnswer Choices: (A) o0 (B) o1`,
      options: Object.fromEntries(letters.map((letter, index) => [letter, `o${index}`])),
      label: 'J',
      body_system: 'Nervous',
    }),
  );
  expect(set.format).toBe('medxpertqa');
  expect(set.items[0]).toMatchObject({ question: Q, answer: [9], id: 'Text-0', subject: 'Nervous' });
  expect(set.items[0]?.options).toHaveLength(10);
});

test('HeadQA’s own file and its hub form; an annulled item has no key', async () => {
  const question = (qid: string, ra: string) => ({
    qid,
    qtext: `${Q} ${qid}`,
    ra,
    answers: OPTIONS.map((atext, index) => ({ aid: index + 1, atext })),
  });
  const own = {
    version: '1.0',
    exams: {
      Cuaderno_2013_1_B: {
        name: 'Cuaderno',
        year: '2013',
        category: 'biology',
        data: [question('1', '2'), question('2', '0')],
      },
    },
  };
  const set = await one('HEAD_EN.json', JSON.stringify(own));
  expect(set.format).toBe('headqa');
  expect(set.items.map(({ answer, subject }) => [answer, subject])).toEqual([
    [[1], 'biology'],
    [[], 'biology'],
  ]);
  const hub = await one('train.jsonl', lines(question('7', '4')));
  expect(hub.items[0]?.answer).toEqual([3]);
});

test('CareQA: numbered options, key from 1', async () => {
  const [op1, op2, op3, op4] = OPTIONS;
  const set = await one(
    'careqa.json',
    JSON.stringify([{ question: Q, op1, op2, op3, op4, cop: 2, category: 'Medicine', unique_id: 'x1' }]),
  );
  expect(set.format).toBe('careqa');
  expect(set.items[0]).toMatchObject({ id: 'x1', options: OPTIONS, answer: [1], subject: 'Medicine' });
});

test('AfriMed-QA: several right options; other question types are left out', async () => {
  const options = JSON.stringify({
    option1: 'a',
    option2: 'b',
    option3: 'c',
    option4: 'N/A',
    option5: '',
  }).replaceAll('"', '""');
  const csv =
    'sample_id,question,question_type,answer_options,correct_answer,answer_rationale,specialty,tier\n' +
    `s1,${Q},mcq,"${options}","option1,option3",Both.,Surgery,expert\n` +
    's2,Describe it.,saq,,,,Surgery,expert\n';
  const set = await one('afri_med_qa.csv', csv);
  expect(set.items).toMatchObject([
    { id: 's1', options: ['a', 'b', 'c'], answer: [0, 2], explanation: 'Both.', subject: 'Surgery' },
  ]);
  expect(set.report.skipped).toEqual([{ file: 'afri_med_qa.csv', row: 3, reason: 'not-multiple-choice' }]);
  expect(set.report.notes.join()).toContain('several right options');
});

test('the harness form of MedQA', async () => {
  const set = await one(
    'train.jsonl',
    lines({
      id: 'train-1',
      sent1: Q,
      sent2: '',
      ending0: 'a',
      ending1: 'b',
      ending2: 'c',
      ending3: 'd',
      label: 2,
    }),
  );
  expect(set.items[0]).toMatchObject({
    id: 'train-1',
    question: Q,
    options: ['a', 'b', 'c', 'd'],
    answer: [2],
  });
});

describe('Anki’s text export', () => {
  test('lettered lines in the front', async () => {
    const set = await one(
      'deck.txt',
      '#separator:tab\n#html:true\n' +
        'Which is &lt; 1?<br>A) two<br>B) one half<br>C) three\tB<br>because it is smaller\n' +
        'What is it?\tA thing\n',
    );
    expect(set.format).toBe('anki');
    expect(set.items).toMatchObject([
      {
        question: 'Which is < 1?',
        options: ['two', 'one half', 'three'],
        answer: [1],
        explanation: 'because it is smaller',
      },
    ]);
    expect(set.report.skipped).toEqual([{ file: 'deck.txt', row: 4, reason: 'not-multiple-choice' }]);
  });

  test('named columns and flags for the key', async () => {
    const set = await one(
      'deck.txt',
      '#separator:Semicolon\n#html:false\n#columns:Question;Q_1;Q_2;Q_3;Answers;Extra_1\nPick two;a;b;c;1 0 1;Why\n',
    );
    expect(set.items).toMatchObject([
      { question: 'Pick two', options: ['a', 'b', 'c'], answer: [0, 2], explanation: 'Why' },
    ]);
  });
});

describe('own tables', () => {
  test('a guess at the columns reads a plain CSV', async () => {
    const { unmapped } = await importQuestions([
      file(
        'mine.csv',
        `Question;Option A;Option B;Option C;Correct;Topic\n${Q};x;y;z;C;Stats\nSecond;x;y;;B;Stats\n`,
      ),
    ]);
    const [table] = unmapped;
    if (!table) throw new Error('the table was not offered');
    const mapping = guessMapping(table);
    expect(mapping).toMatchObject({
      question: 'Question',
      options: ['Option A', 'Option B', 'Option C'],
      answer: 'Correct',
      answerIs: 'letter',
      subject: 'Topic',
    });
    const set = await importMapped(table, mapping);
    expect(core(set)).toEqual([
      { question: Q, options: ['x', 'y', 'z'], answer: [2] },
      { question: 'Second', options: ['x', 'y'], answer: [1] },
    ]);
  });

  test('options in one column, key as text or number', async () => {
    const { unmapped } = await importQuestions([
      file('mine.json', JSON.stringify([{ stem: Q, choices: 'x|y|z', key: 'Y' }])),
    ]);
    const [table] = unmapped;
    if (!table) throw new Error('the table was not offered');
    const set = await importMapped(table, { ...guessMapping(table), answerIs: 'text' });
    expect(core(set)).toEqual([{ question: Q, options: ['x', 'y', 'z'], answer: [1] }]);
  });
});

test('a set of the app’s own, and one that was changed', async () => {
  const first = await one('x.jsonl', lines({ question: Q, options: { A: 'a', B: 'b' }, answer_idx: 'A' }));
  const own = {
    schema: 'meditron-web/question-set',
    version: 1,
    id: 'x',
    title: 'Mine',
    sha256: first.sha256,
    items: first.items,
  };
  expect((await one('x.json', JSON.stringify(own))).report.notes).toEqual([
    'Unchanged since it was exported.',
  ]);
  const changed = { ...own, items: first.items.map((item) => ({ ...item, answer: [1] })) };
  expect((await one('x.json', JSON.stringify(changed))).report.notes.join()).toContain('were changed');
});
