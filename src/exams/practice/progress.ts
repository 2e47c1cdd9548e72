/** How a person does, by subject and over time, beside the model on the same items. */
import { mean } from '../statistics/proportion.ts';
import { proportion, type Proportion } from '../statistics/summary.ts';
import type { PracticeAnswer } from './records.ts';

export interface Together {
  readonly person: Proportion;
  /** The model's, of the same answers; null when it was asked for none of them. */
  readonly model: Proportion | null;
}

export interface Progress extends Together {
  readonly subjects: readonly (Together & { readonly subject: string })[];
  /** One entry a day with an answer, oldest first. `day` is YYYY-MM-DD in the person's own time. */
  readonly days: readonly { readonly day: string; readonly person: Proportion }[];
  /** Mean probability the model gave its own choice where that was wrong; NaN when it was never wrong. */
  readonly modelSureWhenWrong: number;
}

/**
 * @param keys the right options of each item: what the model's choice is held against. Where an item, or its key, is gone, the model's
 * choice is neither right nor wrong.
 */
export function progressOf(
  answers: readonly PracticeAnswer[],
  keys: ReadonlyMap<string, readonly number[]>,
): Progress {
  const judged = answers.filter((answer) => answer.right !== null);
  const wrong = judged.flatMap(({ model, itemId }) =>
    model && modelMark(model.chosen, keys.get(itemId)) === 0 ? [model.probabilities[model.chosen] ?? 0] : [],
  );
  return {
    ...together(judged, keys),
    subjects: [...groupBy(judged, ({ subject }) => subject)]
      .map(([subject, group]) => ({ subject, ...together(group, keys) }))
      .sort((a, b) => a.subject.localeCompare(b.subject, 'en')),
    days: [...groupBy(judged, ({ at }) => dayOf(at))]
      .map(([day, group]) => ({ day, person: proportion(group.map(mark)) }))
      .sort((a, b) => (a.day < b.day ? -1 : 1)),
    modelSureWhenWrong: mean(wrong),
  };
}

function together(
  answers: readonly PracticeAnswer[],
  keys: ReadonlyMap<string, readonly number[]>,
): Together {
  const asked = answers.flatMap(({ model, itemId }) =>
    model ? (modelMark(model.chosen, keys.get(itemId)) ?? []) : [],
  );
  return { person: proportion(answers.map(mark)), model: asked.length === 0 ? null : proportion(asked) };
}

function modelMark(chosen: number, key: readonly number[] | undefined): 0 | 1 | null {
  if (key === undefined || key.length === 0) return null;
  return key.includes(chosen) ? 1 : 0;
}

function mark({ right }: PracticeAnswer): number {
  return right === true ? 1 : 0;
}

function groupBy<T>(values: readonly T[], key: (value: T) => string): ReadonlyMap<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const value of values) {
    const group = groups.get(key(value));
    if (group) group.push(value);
    else groups.set(key(value), [value]);
  }
  return groups;
}

function dayOf(at: number): string {
  const date = new Date(at);
  const two = (n: number): string => String(n).padStart(2, '0');
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}
