/** Whether a model answers by the letter rather than by the text. */
import { softmax } from './calibration.ts';

/** One item as it was shown: positions of the right options and of the choice (null: no readable answer). */
export interface Choice {
  readonly options: number;
  readonly right: readonly number[];
  readonly chosen: number | null;
}

/**
 * Rows: the right position; columns: the chosen one; the last column: unreadable. Items with several right options count at the
 * chosen one when it is right, else at the first.
 * @returns a matrix of `letters` rows and `letters + 1` columns.
 */
export function confusion(choices: readonly Choice[]): readonly (readonly number[])[] {
  const letters = choices.reduce((most, { options }) => Math.max(most, options), 0);
  const table = Array.from({ length: letters }, () => Array.from({ length: letters + 1 }, () => 0));
  for (const { right, chosen } of choices) {
    const row = table[chosen !== null && right.includes(chosen) ? chosen : (right[0] ?? -1)];
    if (!row) continue;
    // A position that no item has is no readable answer either.
    const column = chosen !== null && chosen < letters ? chosen : letters;
    row[column] = (row[column] ?? 0) + 1;
  }
  return table;
}

export interface LetterBias {
  /** Of the items whose right option stands at this position, the share answered right; NaN where there is none. */
  readonly recall: readonly number[];
  /** How often the position was chosen, of all readable answers. */
  readonly chosen: readonly number[];
  /** Standard deviation (of the population) of the recalls, in the unit of accuracy: RStd of arXiv 2309.03882. */
  readonly spread: number;
}

export function letterBias(choices: readonly Choice[]): LetterBias {
  const table = confusion(choices);
  const recall = table.map((row, letter) => (row[letter] ?? 0) / row.reduce((sum, each) => sum + each, 0));
  const readable = choices.filter(({ chosen }) => chosen !== null).length;
  const chosen = table.map(
    (_, letter) => choices.filter((choice) => choice.chosen === letter).length / readable,
  );
  const known = recall.filter((each) => !Number.isNaN(each));
  const centre = known.reduce((sum, each) => sum + each, 0) / known.length;
  const spread = Math.sqrt(known.reduce((sum, each) => sum + (each - centre) ** 2, 0) / known.length);
  return { recall, chosen, spread };
}

/** Log-probabilities of one item in one rotation: `at[p]` is the score of the option shown at position p, `order[p]` which it is. */
export interface Rotation {
  readonly order: readonly number[];
  readonly logProbabilities: readonly number[];
}

/** What an option that the model holds impossible counts as: its logarithm would decide everything. As PriDe's code has it. */
const LEAST_LOG = Math.log(1e-10);

/**
 * The prior of each position, from items shown in every rotation: of each item the softmax of the mean log-probability by position
 * (PriDe, arXiv 2309.03882, equation 7), of all items the mean of these. Over all rotations each option stands everywhere once, so
 * what is left is the position's.
 * @returns shares that sum to 1, one a position; null unless every item has a full set of rotations of the same length.
 */
export function positionPrior(items: readonly (readonly Rotation[])[]): readonly number[] | null {
  const [first] = items;
  const positions = first?.[0]?.logProbabilities.length ?? 0;
  if (positions === 0) return null;
  const sums = Array.from({ length: positions }, () => 0);
  for (const rotations of items) {
    if (rotations.length !== positions) return null;
    if (rotations.some(({ logProbabilities }) => logProbabilities.length !== positions)) return null;
    itemPrior(rotations, positions).forEach((share, position) => {
      sums[position] = (sums[position] ?? 0) + share;
    });
  }
  return sums.map((sum) => sum / items.length);
}

function itemPrior(rotations: readonly Rotation[], positions: number): readonly number[] {
  const logs = Array.from({ length: positions }, () => 0);
  for (const { logProbabilities } of rotations) {
    const total = logSumExp(logProbabilities);
    logProbabilities.forEach((value, position) => {
      logs[position] = (logs[position] ?? 0) + Math.max(LEAST_LOG, value - total);
    });
  }
  return softmax(logs.map((sum) => sum / positions));
}

function logSumExp(values: readonly number[]): number {
  const most = Math.max(...values);
  return most + Math.log(values.reduce((sum, value) => sum + Math.exp(value - most), 0));
}
