/** A run's figures, from its rows alone. */
import {
  brierScore,
  expectedCalibrationError,
  reliability,
  softmax,
  type Forecast,
  type ReliabilityBin,
} from './calibration.ts';
import {
  confusion,
  letterBias,
  positionPrior,
  type Choice,
  type LetterBias,
  type Rotation,
} from './letters.ts';
import { clusteredStandardError, mean, standardError, wilson, type Interval } from './proportion.ts';

/** What statistics need of a result row. Positions are as shown. */
export interface ScoredRow {
  readonly itemId: string;
  readonly subject: string;
  /** Items with the same text before the question are one cluster; the item's id when it stands alone. */
  readonly cluster: string;
  /** Position to option of the item. */
  readonly order: readonly number[];
  /** Positions of the right options. */
  readonly right: readonly number[];
  /** The chosen position; null: unreadable. */
  readonly chosen: number | null;
  /** What the choice was made by, one a position; null for a written answer. */
  readonly scores: readonly number[] | null;
}

export interface Proportion {
  readonly n: number;
  readonly right: number;
  readonly accuracy: number;
  readonly standardError: number;
  readonly interval: Interval;
}

export interface Summary extends Proportion {
  /** Only when items share a text. */
  readonly clusteredStandardError: number | null;
  /** Accuracy of guessing evenly among each item's options. */
  readonly chance: number;
  readonly unreadable: number;
  /** Right among the readable answers (the authors' `accuracy_calibrate`); NaN without any. */
  readonly readableAccuracy: number;
  readonly subjects: readonly (Proportion & { readonly subject: string })[];
  readonly confusion: readonly (readonly number[])[];
  readonly bias: LetterBias;
  readonly positionPrior: readonly number[] | null;
  /** null for written answers. */
  readonly calibration: {
    readonly bins: readonly ReliabilityBin[];
    readonly expectedError: number;
    readonly brier: number;
    /** Mean confidence where the choice was wrong; NaN when none was. */
    readonly confidenceWhenWrong: number;
  } | null;
}

/** @param rows in any order; several rows of an item are its rotations. */
export function summarise(rows: readonly ScoredRow[]): Summary {
  const marks = rows.map(isRight);
  const readable = rows.filter(({ chosen }) => chosen !== null);
  const byItem = new Map<string, ScoredRow[]>();
  for (const row of rows) byItem.set(row.itemId, [...(byItem.get(row.itemId) ?? []), row]);
  const clusters = rows.map(({ cluster }) => cluster);
  const choices: readonly Choice[] = rows.map(({ order, right, chosen }) => ({
    options: order.length,
    right,
    chosen,
  }));
  return {
    ...proportion(marks),
    clusteredStandardError:
      new Set(clusters).size < rows.length ? clusteredStandardError(marks, clusters) : null,
    chance: mean(rows.map(({ order, right }) => right.length / order.length)),
    unreadable: rows.length - readable.length,
    readableAccuracy: mean(readable.map(isRight)),
    subjects: bySubject(rows),
    confusion: confusion(choices),
    bias: letterBias(choices),
    positionPrior: positionPrior(rotations(byItem)),
    calibration: calibrationOf(rows),
  };
}

export function isRight({ chosen, right }: Pick<ScoredRow, 'chosen' | 'right'>): number {
  return chosen !== null && right.includes(chosen) ? 1 : 0;
}

export function proportion(marks: readonly number[]): Proportion {
  const right = marks.reduce((sum, mark) => sum + mark, 0);
  const n = marks.length;
  return { n, right, accuracy: right / n, standardError: standardError(marks), interval: wilson(right, n) };
}

function bySubject(rows: readonly ScoredRow[]): readonly (Proportion & { readonly subject: string })[] {
  const marks = new Map<string, number[]>();
  for (const row of rows) {
    const list = marks.get(row.subject) ?? [];
    list.push(isRight(row));
    marks.set(row.subject, list);
  }
  return [...marks]
    .map(([subject, list]) => ({ subject, ...proportion(list) }))
    .sort((a, b) => a.subject.localeCompare(b.subject, 'en'));
}

/** Items with one row are no rotations; a prior needs those that were turned all the way. */
function rotations(byItem: ReadonlyMap<string, readonly ScoredRow[]>): readonly (readonly Rotation[])[] {
  const items: Rotation[][] = [];
  for (const rows of byItem.values()) {
    const turned = rows.flatMap(({ order, scores }) => (scores ? [{ order, logProbabilities: scores }] : []));
    if (turned.length > 1) items.push(turned);
  }
  return items;
}

function calibrationOf(rows: readonly ScoredRow[]): Summary['calibration'] {
  const forecasts = rows.flatMap(({ scores, chosen, right }): Forecast[] =>
    scores && chosen !== null ? [{ probabilities: softmax(scores), chosen, right }] : [],
  );
  if (forecasts.length === 0) return null;
  const bins = reliability(forecasts);
  const wrong = forecasts.filter(({ chosen, right }) => !right.includes(chosen));
  return {
    bins,
    expectedError: expectedCalibrationError(bins),
    brier: brierScore(forecasts),
    confidenceWhenWrong: mean(wrong.map(({ probabilities, chosen }) => probabilities[chosen] ?? 0)),
  };
}
