/**
 * Prompts, byte for byte as the reference programs make them.
 * - `authors`: epfLLM/meditron `evaluation/`: `format_mcq`, `add_few_shot`, `add_instruction`, and the end of line that
 *   `format_prompt` takes off when there are examples.
 * - `harness-*`: EleutherAI/lm-evaluation-harness, tasks medqa_4options, medmcqa, pubmedqa, mmlu; the target follows after one space,
 *   examples are divided by an empty line.
 * - `chat`: the app's own prompt formats, the question as the person's turn.
 */
import { AppError } from '../../errors/app-error.ts';
import { findPromptFormat } from '../../prompts/formats.ts';
import { renderPrompt } from '../../prompts/render.ts';
import { letterOf, type Item } from '../items/item.ts';
import type { FormId, Method, RunPlan } from './run-plan.ts';

/** An item with its options in the order shown. */
export interface Shown {
  readonly item: Pick<Item, 'question' | 'context' | 'subject'>;
  readonly options: readonly string[];
  /** Position of the first right option; -1 without a key. */
  readonly gold: number;
}

export interface RenderedItem {
  /** Examples and instruction: the same for every item of a run (or of a subject), so that engines keep it. */
  readonly prefix: string;
  /** The item's own part. The prompt is `prefix + own`. */
  readonly own: string;
  /** What is scored after the prompt, one a position; empty for a written answer. */
  readonly continuations: readonly string[];
  readonly stops: readonly string[];
}

type FormPlan = Pick<RunPlan, 'form' | 'method' | 'system' | 'closing' | 'chatFormat'>;

export const FORM_NAMES: Readonly<Record<FormId, string>> = {
  authors: 'Meditron’s authors’ evaluation',
  'harness-medqa': 'lm-evaluation-harness: medqa_4options',
  'harness-medmcqa': 'lm-evaluation-harness: medmcqa',
  'harness-pubmedqa': 'lm-evaluation-harness: pubmedqa',
  'harness-mmlu': 'lm-evaluation-harness: mmlu',
  chat: 'The model’s chat format',
};

export const THINK_FIRST =
  'Think step by step, then end with the line “The answer is X”, where X is the letter.';

/** @throws AppError `prompt/empty`; `exams/not-found` for a chat format that is not there. */
export function renderItem(plan: FormPlan, examples: readonly Shown[], shown: Shown): RenderedItem {
  if (plan.form === 'chat') return renderChat(plan, examples, shown);
  if (plan.form === 'authors') return renderAuthors(plan, examples, shown);
  const prefix =
    harnessDescription(plan.form, shown) +
    examples.map((each) => `${harnessText(plan, each)} ${goldText(plan.method, each)}\n\n`).join('');
  return {
    prefix,
    own: harnessText(plan, shown),
    continuations: continuations(plan.method, shown, ' '),
    stops: stopsOf(plan),
  };
}

/** What ends a written answer. Empty for a chat format that is not there. */
export function stopsOf({ form, chatFormat }: Pick<FormPlan, 'form' | 'chatFormat'>): readonly string[] {
  if (form === 'chat') return findPromptFormat(chatFormat)?.stops ?? [];
  return form === 'authors' ? ['###', '$$$', '</s>'] : ['\n\n', '</s>'];
}

function harnessDescription(form: FormId, { item }: Shown): string {
  if (form !== 'harness-mmlu') return '';
  const subject = item.subject.replaceAll('_', ' ');
  return `The following are multiple choice questions (with answers) about ${subject}.\n\n`;
}

function harnessText({ form, method }: FormPlan, { item, options }: Shown): string {
  const list = lists(method)
    ? options.map((option, position) => `${letterOf(position)}. ${option}\n`).join('')
    : '';
  switch (form) {
    case 'harness-mmlu':
      return `${item.question.trim()}\n${list}Answer:`;
    case 'harness-medmcqa':
      return `Question: ${item.question}\n${lists(method) ? 'Choices:\n' : ''}${list}Answer:`;
    case 'harness-pubmedqa':
      return `Abstract: ${item.context}\nQuestion: ${item.question}\n${list}Answer:`;
    case 'harness-medqa':
    case 'authors':
    case 'chat':
      return `${item.context === '' ? '' : `${item.context}\n`}Question: ${item.question}\n${list}Answer:`;
  }
}

/** `{system}\n{examples}\n\n{item}\n{closing}\n`, without the last end of line when there are examples. */
function renderAuthors(plan: FormPlan, examples: readonly Shown[], shown: Shown): RenderedItem {
  const { method } = plan;
  const demos = examples.map(
    (each) => `${authorsText(method, each)}\nThe answer is: ${goldText(method, each)}`,
  );
  return {
    prefix: `${plan.system}\n${demos.map((demo) => `${demo}\n\n`).join('')}`,
    own: `${authorsText(method, shown)}\n${plan.closing}${examples.length > 0 ? '' : '\n'}`,
    // With examples the answer follows its colon after a space, as in them; without, it begins a line.
    continuations: continuations(method, shown, examples.length > 0 ? ' ' : ''),
    stops: stopsOf(plan),
  };
}

function authorsText(method: Method, { item, options }: Shown): string {
  // PubMedQA's items are its abstract and the question, without options.
  if (item.context !== '' && !lists(method)) return `${item.context}\n${item.question}`;
  const end = item.question.endsWith('?') || item.question.endsWith('.') ? '' : '?';
  const context = item.context === '' ? '' : `${item.context}\n`;
  const list = lists(method)
    ? `\n\nOptions:\n${options.map((option, position) => `${letterOf(position)}. ${option}`).join('\n')}`
    : '';
  return `${context}Question: ${item.question}${end}${list}`;
}

function renderChat(plan: FormPlan, examples: readonly Shown[], shown: Shown): RenderedItem {
  const format = findPromptFormat(plan.chatFormat);
  if (!format)
    throw new AppError('exams/not-found', `no prompt format ${plan.chatFormat}`, { format: plan.chatFormat });
  const text = chatText(plan.method, shown);
  const render = (question: string): string =>
    renderPrompt({
      format,
      systemText: plan.system,
      demonstrations: examples.map((each) => ({
        question: chatText(plan.method, each),
        answer: goldText(plan.method, each),
      })),
      turns: [{ id: 'item', role: 'user', text: question }],
    }).prompt;
  const prompt = render(text);
  const { userAfter, assistantBefore, answerBefore } = format.layout;
  // What comes before the question is the same for another question; one letter stands for any.
  const head = render('x').slice(0, -`x${userAfter}${assistantBefore}`.length);
  const prefix = prompt.startsWith(head) ? head : '';
  return {
    prefix,
    own: prompt.slice(prefix.length),
    continuations: continuations(plan.method, shown, answerBefore),
    stops: stopsOf(plan),
  };
}

function chatText(method: Method, { item, options }: Shown): string {
  const context = item.context === '' ? '' : `${item.context}\n\n`;
  const list = lists(method)
    ? `\n${options.map((option, position) => `${letterOf(position)}. ${option}`).join('\n')}`
    : '';
  const think = method.kind === 'written' && method.chainOfThought ? `\n${THINK_FIRST}` : '';
  return `${context}${item.question}${list}${think}`;
}

/** Whole option texts are scored without showing the options, as lm-evaluation-harness does for headqa. */
function lists(method: Method): boolean {
  return method.kind !== 'option-texts';
}

function goldText(method: Method, { options, gold }: Shown): string {
  return method.kind === 'option-texts' ? (options[gold] ?? '') : letterOf(gold);
}

function continuations(method: Method, { options }: Shown, before: string): readonly string[] {
  switch (method.kind) {
    case 'option-letters':
      return options.map((_, position) => before + letterOf(position));
    case 'option-texts':
      return options.map((option) => before + option);
    case 'written':
      return [];
  }
}
