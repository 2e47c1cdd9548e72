/** Every number, sign and unit of a note comes in, and nothing of Anki's own bookkeeping does. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { importQuestions, withoutLostImages } from '../import-set.ts';
import { itemsSha256 } from '../set-hash.ts';
import { plainText } from './anki-html.ts';

const RUNS = Number(process.env.FUZZ_RUNS ?? 300);

async function notes(content: string) {
  const { sets, failed } = await importQuestions([{ path: 'deck.txt', blob: new Blob([content]) }]);
  expect(failed).toEqual([]);
  return sets.flatMap(({ items }) =>
    items.map(({ question, options, answer, subject }) => ({
      question,
      options,
      key: options[answer[0] ?? -1],
      subject,
    })),
  );
}

describe('numbers between < and >', () => {
  test('stay in a file that is not HTML, and so do its entities', async () => {
    const row = 'A man with Na < 120 and K > 5 mmol/L?\tgive 1 < 2 and 3 > 2\tb &lt; <b>c</b>\tB\n';
    expect(await notes(`#separator:tab\n#html:False\n${row}`)).toMatchObject([
      {
        question: 'A man with Na < 120 and K > 5 mmol/L?',
        options: ['give 1 < 2 and 3 > 2', 'b &lt; <b>c</b>'],
        key: 'b &lt; <b>c</b>',
      },
    ]);
  });

  test('stay in HTML where they are no tag', () => {
    expect(plainText('Na < 120 and K > 5, <b>p</b> <0.05, a<b and c>d, <3 of >4')).toBe(
      'Na < 120 and K > 5, p <0.05, a<b and c>d, <3 of >4',
    );
    expect(
      plainText('<span style="color: red">5</span><img src="x.png"> <i>mg</i><br/>x<input disabled>'),
    ).toBe('5 mg\nx');
  });
});

test('tags keep numbers apart, and powers are powers', () => {
  expect(plainText('Dose 5<div>10 mg</div><div>20 mg</div>')).toBe('Dose 5\n10 mg\n20 mg');
  expect(plainText('<ul><li>5</li><li>10</li></ul><table><tr><td>12</td><td>34</td></tr></table>')).toBe(
    '5\n10\n12 34',
  );
  expect(plainText('10<sup>-9</sup>/L, Ca<sup>2+</sup>, x<sup>n</sup>, CO<sub>2</sub>')).toBe(
    '10⁻⁹/L, Ca²⁺, x^n, CO2',
  );
  expect(plainText('5 &#956;g &#x2264; 6&nbsp;g &amp;lt; &#39;x&#39; &#99999999;')).toBe(
    "5 μg ≤ 6 g &lt; 'x' &#99999999;",
  );
});

test('the GUID, the note type, the deck and the tags are no question and no options', async () => {
  const head =
    '#separator:tab\n#html:true\n#guid column:1\n#notetype column:2\n#deck column:3\n#tags column:8\n';
  const row = 'x1\tBasic\tCardio\tWhich?\topt1\topt2\tB\t\n';
  const right = [{ question: 'Which?', options: ['opt1', 'opt2'], key: 'opt2', subject: 'Cardio' }];
  expect(await notes(head + row)).toEqual(right);
  expect(
    await notes('#guid column:1\n#separator:tab\n#tags column:5\nx1\tWhich?\topt1\topt2\tCardio\tB\n'),
  ).toEqual(right);
  const named = '#columns:GUID\tNote type\tDeck\tQuestion\tQ_1\tQ_2\tAnswers\tTags\n';
  expect(await notes(head + named + row)).toEqual(right);
});

test('text without tags and entities is kept to the letter, with every sign', () => {
  const text = fc
    .array(
      fc.constantFrom('Na', 'K', '<', '>', '<=', '≥', '120', '5.5', 'mmol/L', '&', 'p', 'a', '<5', '>3'),
      {
        minLength: 1,
        maxLength: 12,
      },
    )
    .map((words) => words.join(' '));
  fc.assert(
    fc.property(text, (given) => {
      expect(plainText(given)).toBe(given);
      const escaped = given.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
      expect(plainText(`<div><b>${escaped}</b></div>`)).toBe(given);
    }),
    { numRuns: RUNS },
  );
});

test('a long hostile field takes no long time', () => {
  const started = performance.now();
  for (const part of ['<', '<a ', '<div', '<!--', '&#', '<sup>']) plainText(part.repeat(300_000));
  expect(performance.now() - started).toBeLessThan(5000);
});

describe('images, which Anki’s export only names', () => {
  const head = '#separator:tab\n#html:true\n';
  const deck = async (rows: readonly string[], more = '') => {
    const { sets, failed } = await importQuestions([
      { path: 'deck.txt', blob: new Blob([`${head}${more}${rows.join('\n')}\n`]) },
    ]);
    expect(failed).toEqual([]);
    const [set] = sets;
    if (!set) throw new Error('nothing was read');
    return set;
  };
  const plain = 'Plain?\tone\ttwo\tB';

  test('are said of each item that lost one, and the items can be left out', async () => {
    const set = await deck([
      plain,
      '<img src="ecg.png">What does it show?\tone\ttwo\tA',
      'Which tone is it? <video src=x></video>\tone\ttwo\tB',
    ]);
    expect(set.items.map(({ question }) => question)).toEqual([
      'Plain?',
      'What does it show?',
      'Which tone is it?',
    ]);
    expect(set.report.lostImages).toEqual([
      { file: 'deck.txt', row: 4, itemId: 'row-4', from: 'question' },
      { file: 'deck.txt', row: 5, itemId: 'row-5', from: 'question' },
    ]);
    const without = await withoutLostImages(set);
    expect(without.items.map(({ id }) => id)).toEqual(['row-3']);
    expect(without.sha256).toBe(await itemsSha256(without.items));
    expect(without.sha256).not.toBe(set.sha256);
  });

  test('of the explanation alone are told apart, and no item goes for them', async () => {
    const columns = '#columns:Question\tQ_1\tQ_2\tAnswers\tExtra\tImage\n';
    const set = await deck(
      ['Why?\tone\ttwo\t2\tBecause <img src="a.png">\t', 'How?\tone\ttwo\t1\t\t<img src="b.png">'],
      columns,
    );
    expect(set.report.lostImages.map(({ from }) => from)).toEqual(['explanation', 'question']);
    expect((await withoutLostImages(set)).items.map(({ question }) => question)).toEqual(['Why?']);
    const lines = await deck(['Why?<br>A. one<br>B. two\tB <img src="c.png">']);
    expect(lines.report.lostImages.map(({ from }) => from)).toEqual(['explanation']);
  });

  test.each([
    ['a question', '<img src="x.png">\tone\ttwo\tthree\tB'],
    ['an option', 'Which?\tone\t<img src="x.png">\tthree\tB'],
    ['the first option', 'Which?\t<img src="x.png">\ttwo\tthree\tB'],
    ['two options of two', 'Which?\t<img src="x.png">\t<img src="y.png">\tB'],
    ['an option among lines', 'Which?<br>A. <img src="x.png"><br>B. two<br>C. three\tB'],
  ])('that are all of %s leave the note out rather than make another question of it', async (_, row) => {
    const set = await deck([plain, row]);
    expect(set.items.map(({ question }) => question)).toEqual(['Plain?']);
    expect(set.report.skipped).toEqual([{ file: 'deck.txt', row: 4, reason: 'only-an-image' }]);
  });

  test('in a field before the question that no note fills with text are the question’s', async () => {
    const set = await deck(['<img src="x.png">\tWhich?\tone\ttwo\tB', '\tPlain?\tone\ttwo\tA']);
    expect(set.items.map(({ question, options }) => [question, options])).toEqual([
      ['Which?', ['one', 'two']],
      ['Plain?', ['one', 'two']],
    ]);
    expect(set.report.lostImages.map(({ itemId }) => itemId)).toEqual(['row-3']);
  });

  test('that lie in the field itself go as a whole, however long', () => {
    expect(plainText(`Which?<img src="data:image/png;base64,${'A'.repeat(9000)}"> one`)).toBe('Which? one');
  });
});
