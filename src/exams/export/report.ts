/** A finished (or stopped) run with everything that reports and exports are made of. */
import type { Item } from '../items/item.ts';
import { letterOf } from '../items/item.ts';
import type { ReplyResult, Result, Run } from '../runs/result.ts';
import { scoredRow } from '../runs/result.ts';
import { summarise, type ScoredRow, type Summary } from '../statistics/summary.ts';

export interface RunReport {
  readonly run: Run;
  readonly items: ReadonlyMap<string, Item>;
  /** In the run's order. */
  readonly results: readonly Result[];
  readonly summary: Summary;
  readonly tooLong: number;
}

export function reportOf(run: Run, items: ReadonlyMap<string, Item>, results: readonly Result[]): RunReport {
  return {
    run,
    items,
    results,
    summary: summarise(scoredRows(run, items, results)),
    tooLong: results.filter(({ status }) => status === 'too-long').length,
  };
}

export function scoredRows(
  run: Pick<Run, 'plan'>,
  items: ReadonlyMap<string, Item>,
  results: readonly Pick<Result, 'itemId' | 'order' | 'right' | 'chosen' | 'options' | 'status'>[],
): ScoredRow[] {
  return results.flatMap((result) => {
    const row = scoredRow(run.plan.method, result, items.get(result.itemId));
    return row ? [row] : [];
  });
}

/** The options of a result as they were shown. */
export function shownOptions(item: Item | undefined, result: Pick<Result, 'order'>): readonly string[] {
  return result.order.map((option) => item?.options[option] ?? '');
}

/** "B" or "A, C"; empty without a key. */
export function keyLetters(result: Pick<Result, 'right'>): string {
  return result.right.map(letterOf).join(', ');
}

/**
 * A position in words: its letter, and the option itself where the letters were not the set's own (`B “Sensitivity”`): in the set, and
 * in the list of its questions, another option has that letter.
 */
export function positionText(
  position: number,
  item: Item | undefined,
  result: Pick<Result, 'order'>,
): string {
  const letter = letterOf(position);
  const asGiven = result.order.every((option, at) => option === at);
  const option = asGiven ? '' : (shownOptions(item, result)[position] ?? '');
  return option === '' ? letter : `${letter} “${option.length > 120 ? `${option.slice(0, 119)}…` : option}”`;
}

/** What was chosen and what is right, as the missed questions are listed. */
export function missedText(
  item: Item | undefined,
  result: Pick<Result, 'order' | 'chosen' | 'right'>,
): string {
  const { chosen, right } = result;
  const answered = chosen === null ? 'Not readable' : `Answered ${positionText(chosen, item, result)}`;
  return `${answered}, right is ${right.map((position) => positionText(position, item, result)).join(', ')}`;
}

export function isRightResult({ chosen, right }: Pick<Result, 'chosen' | 'right'>): boolean {
  return chosen !== null && right.includes(chosen);
}

/** Which reply the choice was read from: of a majority the first that gave it, else the first of all. */
export function decidingIndex({ replies, chosen }: Pick<Result, 'replies' | 'chosen'>): number {
  return Math.max(
    0,
    replies.findIndex(({ answer }) => chosen !== null && answer === chosen),
  );
}

export function decidingReply(result: Pick<Result, 'replies' | 'chosen'>): ReplyResult | undefined {
  return result.replies[decidingIndex(result)];
}

/** A name other programs take for a task. */
export function taskName(run: Pick<Run, 'plan'>): string {
  const plain = run.plan.setTitle
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '_')
    .replace(/^_|_$/g, '');
  return plain === '' ? 'questions' : plain.slice(0, 80);
}

/** How the model was asked, in a sentence. */
export function settingText(run: Pick<Run, 'plan'>): string {
  const { method, examples, order } = run.plan;
  const how =
    method.kind === 'option-letters'
      ? 'log-probability of each option’s letter'
      : method.kind === 'option-texts'
        ? `log-probability of each whole option${method.normalise === 'none' ? '' : `, divided by its ${method.normalise}`}`
        : `${method.branches > 1 ? `${method.branches} written answers, majority` : 'one written answer'}, temperature ${method.temperature}${method.chainOfThought ? ', chain of thought' : ''}`;
  const orders = { 'as-given': 'as given', shuffled: 'shuffled by seed', rotations: 'every rotation' }[order];
  return `${how}; ${examples.k} example${examples.k === 1 ? '' : 's'}; options ${orders}`;
}
