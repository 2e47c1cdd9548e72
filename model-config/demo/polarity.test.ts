import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { expand, readCorpus, readExchanges, rewordings } from './corpus.ts';
import { FACTS, openingOf, polarityFault } from './polarity.ts';

const corpus = readCorpus();
const asked = corpus.flatMap((exchange) =>
  expand(exchange.pattern).map((question) => ({ ...exchange, question })),
);
const opened = asked.filter(({ answer }) => openingOf(answer) !== undefined);

describe('reading the corpus', () => {
  it('finds what corpus.py found when it last wrote evaluation.json', () => {
    const { answers, items } = z
      .object({
        answers: z.array(z.string()),
        items: z.array(z.object({ group: z.string(), turns: z.array(z.tuple([z.string(), z.number()])) })),
      })
      .parse(JSON.parse(readFileSync(new URL('evaluation.json', import.meta.url), 'utf8')));
    const recorded = (wanted: string) =>
      items.flatMap(({ group, turns }) =>
        group === wanted ? turns.slice(-1).map(([question, place]) => [question, answers[place]]) : [],
      );
    const read = (wanted: string) =>
      corpus.filter(({ tag }) => tag === wanted).map(({ pattern, answer }) => [expand(pattern)[0], answer]);
    expect(read('Q')).toEqual(recorded('corpus'));
    expect(read('H')).toEqual(recorded('held-out paraphrase'));
  });

  it('keeps each answer with its questions, over several lines', () => {
    const text =
      '# a.b | c\nQ: one\nQ: (two|three)\nH: four\nA: First.\n\nSecond.\nF: five\nG: Third.\n\n# d.e | c\nQ: six\nA: Fourth.\n';
    expect(
      readExchanges(text).map(({ topic, tag, pattern, answer }) => [topic, tag, pattern, answer]),
    ).toEqual([
      ['a.b', 'Q', 'one', 'First.\n\nSecond.'],
      ['a.b', 'Q', '(two|three)', 'First.\n\nSecond.'],
      ['a.b', 'H', 'four', 'First.\n\nSecond.'],
      ['a.b', 'F', 'five', 'Third.'],
      ['d.e', 'Q', 'six', 'Fourth.'],
    ]);
    expect(() => readExchanges('# a.b | c\nQ: one\n')).toThrow('no answer');
  });

  it('expands choices, also nested and empty ones', () => {
    expect(expand('(a|b (c|d)) e( f|)')).toEqual(['a e f', 'a e', 'b c e f', 'b c e', 'b d e f', 'b d e']);
  });
});

describe('yes and no in the corpus', () => {
  it('has answers of both kinds', () => {
    const words = opened.map(({ answer }) => openingOf(answer));
    expect(words.filter((word) => word === 'yes').length).toBeGreaterThan(100);
    expect(words.filter((word) => word === 'no').length).toBeGreaterThan(100);
  });

  it('fits every question that leads to it', () => {
    expect(
      opened.flatMap(({ topic, question, answer }) => {
        const fault = polarityFault(question, answer);
        return fault === undefined ? [] : [`${topic}: ${fault}`];
      }),
    ).toEqual([]);
  });

  it('fits them in the words of training too', () => {
    const faults = opened
      .filter(({ tag }) => tag === 'Q')
      .flatMap(({ topic, question, answer }) =>
        rewordings(question).flatMap((text) => {
          const fault = polarityFault(text, answer);
          return fault === undefined ? [] : [`${topic}: ${fault}`];
        }),
      );
    expect(faults).toEqual([]);
  });

  it.each(FACTS.map(({ asks, truth }) => [String(asks), asks, truth] as const))(
    'is asked about %s',
    (_, asks) => {
      expect(asked.some(({ question }) => asks.test(question.toLowerCase().replace(/[?.! ]+$/, '')))).toBe(
        true,
      );
    },
  );
});

describe('the check itself', () => {
  it.each([
    ['Does what I type leave my computer?', 'Yes. The model runs on this machine'],
    ['is what i type sent to a server', 'Yes. The model runs on this machine'],
    ['Is it private?', 'No. Nothing you type leaves this machine'],
    ['does it cost anything', 'Yes, the app is free.'],
    ['how do i pause a download', 'Yes. **Pause** stops'],
    ['who can read my chats', 'Yes. The model runs on this machine'],
    ['privacy', 'Yes. The model runs on this machine'],
    ['do i need the internet', 'Yes. After one visit'],
    ['are you reliable', 'Yes. I am very small'],
    ['is it blue', 'No. It is green.'],
  ])('refuses %s → %s', (question, answer) => {
    expect(polarityFault(question, answer)).toContain(question);
  });

  it.each([
    ['Is it private?', 'Yes. The model runs on this machine'],
    ['Does what I type leave my computer?', 'Nothing you type leaves this machine.'],
    ['do i need an account', 'No. There is no account'],
    ['Notes', 'Notable is what is kept.'],
  ])('accepts %s → %s', (question, answer) => {
    expect(polarityFault(question, answer)).toBeUndefined();
  });
});
