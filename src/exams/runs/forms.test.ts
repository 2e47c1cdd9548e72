/**
 * The rendered prompts against the reference programs' own templates, written out: lm-evaluation-harness `medqa/preprocess_medqa.py`,
 * `medmcqa/utils_medmcqa.py`, `pubmedqa/preprocess_pubmedqa.py`, `mmlu/default/_default_template_yaml` (with `fewshot_delimiter`
 * "\n\n" and `target_delimiter` " "), and epfLLM/meditron `evaluation/benchmarks.py` and `inference.py`. Questions are our own.
 */
import { describe, expect, test } from 'vitest';
import type { Item } from '../items/item.ts';
import { show, showAsGiven } from './ask.ts';
import { renderItem, type Shown } from './forms.ts';
import type { FormId, Method, RunPlan } from './run-plan.ts';
import { PRESETS } from './presets.ts';

const item = (over: Partial<Item>): Item => ({
  id: 'x',
  question: 'Which measure finds the ill?',
  context: '',
  options: ['Specificity', 'Sensitivity', 'Prevalence', 'Precision'],
  answer: [1],
  explanation: '',
  subject: 'clinical_knowledge',
  split: '',
  ...over,
});
const second = item({ question: 'What is a p value?', options: ['a', 'b', 'c', 'd'], answer: [3] });

const LETTERS: Method = { kind: 'option-letters' };
const TEXTS: Method = { kind: 'option-texts', normalise: 'none' };

function plan(
  form: FormId,
  method: Method,
): Pick<RunPlan, 'form' | 'method' | 'system' | 'closing' | 'chatFormat'> {
  return {
    form,
    method,
    system: 'You are taking an exam.',
    closing: 'The answer is:',
    chatFormat: 'authors-zero-shot',
  };
}

function prompt(form: FormId, method: Method, examples: readonly Item[], asked: Item): string {
  const { prefix, own } = renderItem(plan(form, method), examples.map(showAsGiven), showAsGiven(asked));
  return prefix + own;
}

describe('lm-evaluation-harness', () => {
  test('medqa_4options, 0 and 1 examples', () => {
    expect(prompt('harness-medqa', LETTERS, [], item({}))).toBe(
      'Question: Which measure finds the ill?\nA. Specificity\nB. Sensitivity\nC. Prevalence\nD. Precision\nAnswer:',
    );
    expect(prompt('harness-medqa', LETTERS, [second], item({}))).toBe(
      'Question: What is a p value?\nA. a\nB. b\nC. c\nD. d\nAnswer: D\n\n' +
        'Question: Which measure finds the ill?\nA. Specificity\nB. Sensitivity\nC. Prevalence\nD. Precision\nAnswer:',
    );
  });

  test('medmcqa', () => {
    expect(prompt('harness-medmcqa', LETTERS, [], item({}))).toBe(
      'Question: Which measure finds the ill?\nChoices:\nA. Specificity\nB. Sensitivity\nC. Prevalence\nD. Precision\nAnswer:',
    );
  });

  test('pubmedqa: abstract, question, and yes, no or maybe after a space', () => {
    const asked = item({
      question: 'Does it help?',
      context: 'One.\nTwo.',
      options: ['yes', 'no', 'maybe'],
      answer: [2],
    });
    const rendered = renderItem(plan('harness-pubmedqa', TEXTS), [], showAsGiven(asked));
    expect(rendered.prefix + rendered.own).toBe('Abstract: One.\nTwo.\nQuestion: Does it help?\nAnswer:');
    expect(rendered.continuations).toEqual([' yes', ' no', ' maybe']);
    expect(prompt('harness-pubmedqa', TEXTS, [asked], asked)).toBe(
      'Abstract: One.\nTwo.\nQuestion: Does it help?\nAnswer: maybe\n\nAbstract: One.\nTwo.\nQuestion: Does it help?\nAnswer:',
    );
  });

  test('mmlu: the subject’s line, the question without outer white space, the dev items first', () => {
    expect(
      prompt('harness-mmlu', LETTERS, [second], item({ question: ' Which measure finds the ill? ' })),
    ).toBe(
      'The following are multiple choice questions (with answers) about clinical knowledge.\n\n' +
        'What is a p value?\nA. a\nB. b\nC. c\nD. d\nAnswer: D\n\n' +
        'Which measure finds the ill?\nA. Specificity\nB. Sensitivity\nC. Prevalence\nD. Precision\nAnswer:',
    );
  });

  test('letters are scored after one space', () => {
    expect(renderItem(plan('harness-medqa', LETTERS), [], showAsGiven(item({}))).continuations).toEqual([
      ' A',
      ' B',
      ' C',
      ' D',
    ]);
  });
});

describe('Meditron’s authors', () => {
  const written = PRESETS.find(({ id }) => id === 'authors-medqa')?.method ?? LETTERS;

  test('without examples: one more end of line', () => {
    expect(prompt('authors', written, [], item({}))).toBe(
      'You are taking an exam.\nQuestion: Which measure finds the ill?\n\nOptions:\nA. Specificity\nB. Sensitivity\nC. Prevalence\nD. Precision\nThe answer is:\n',
    );
  });

  test('with examples', () => {
    expect(prompt('authors', written, [second], item({ question: 'The measure that finds the ill' }))).toBe(
      'You are taking an exam.\nQuestion: What is a p value?\n\nOptions:\nA. a\nB. b\nC. c\nD. d\nThe answer is: D\n\n' +
        'Question: The measure that finds the ill?\n\nOptions:\nA. Specificity\nB. Sensitivity\nC. Prevalence\nD. Precision\nThe answer is:',
    );
  });

  test('PubMedQA: the abstract and the question', () => {
    const asked = item({
      question: 'Does it help?',
      context: 'One.\nTwo.',
      options: ['yes', 'no', 'maybe'],
      answer: [0],
    });
    expect(prompt('authors', TEXTS, [asked], asked)).toBe(
      'You are taking an exam.\nOne.\nTwo.\nDoes it help?\nThe answer is: yes\n\nOne.\nTwo.\nDoes it help?\nThe answer is:',
    );
  });
});

describe('the chat’s format', () => {
  test('the question is the person’s turn, examples are demonstrations', () => {
    expect(prompt('chat', TEXTS, [second], item({}))).toBe(
      'You are taking an exam.\n### User: What is a p value?\n### Assistant: d\n### User: Which measure finds the ill?\n### Assistant:',
    );
    expect(prompt('chat', LETTERS, [], item({}))).toBe(
      'You are taking an exam.\n### User: Which measure finds the ill?\nA. Specificity\nB. Sensitivity\nC. Prevalence\nD. Precision\n### Assistant:',
    );
  });
});

describe('every form', () => {
  const forms: readonly FormId[] = [
    'authors',
    'harness-medqa',
    'harness-medmcqa',
    'harness-pubmedqa',
    'harness-mmlu',
    'chat',
  ];
  test.each(forms)('%s: the prefix is the same for every item of a subject', (form) => {
    const examples: readonly Shown[] = [showAsGiven(second)];
    for (const method of [LETTERS, TEXTS]) {
      const [a, b] = [
        item({}),
        item({ question: 'Ünïcode — 問題?', options: ['α', 'β', 'γ'], answer: [0] }),
      ].map((each) => renderItem(plan(form, method), examples, showAsGiven(each)));
      expect(a?.prefix).toBe(b?.prefix);
      expect(a?.prefix).not.toBe('');
    }
  });

  test.each(forms)('%s: ten options in another order', (form) => {
    const options = Array.from({ length: 10 }, (_, index) => `option ${index}`);
    const order = options.map((_, index) => 9 - index);
    const rendered = renderItem(plan(form, LETTERS), [], show(item({ options, answer: [9] }), order));
    expect(rendered.own).toContain('A. option 9\n');
    expect(rendered.own).toContain('J. option 0');
    expect(rendered.continuations).toHaveLength(10);
  });
});
