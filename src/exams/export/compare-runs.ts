/** Two runs on the same questions, paired by what they ask: the same text and options, whatever set or order they came in. */
import type { Item } from '../items/item.ts';
import { fold, itemIdentity } from '../items/set-hash.ts';
import type { Result, Run } from '../runs/result.ts';
import { agreement, comparePaired, type Agreement, type PairedComparison } from '../statistics/paired.ts';
import { mean } from '../statistics/proportion.ts';

interface Side {
  readonly run: Pick<Run, 'plan'>;
  readonly items: ReadonlyMap<string, Item>;
  readonly results: readonly Result[];
}

export interface ComparedPair {
  readonly key: string;
  readonly question: string;
  /** As options of the item, not as positions shown; null: not readable. */
  readonly choice: number | null;
  readonly otherChoice: number | null;
  readonly right: readonly number[];
}

export interface RunComparison {
  readonly pairs: readonly ComparedPair[];
  readonly accuracy: number;
  readonly otherAccuracy: number;
  readonly paired: PairedComparison;
  readonly agreement: Agreement;
}

/** Rotations of an item are paired turn by turn; its options as given, or shuffled, with the turn that moves none. */
export function compareRuns(first: Side, second: Side): RunComparison {
  const others = keyed(second);
  const pairs = [...keyed(first)].flatMap(([key, { item, choice }]): ComparedPair[] => {
    const other = others.get(key);
    if (!other) return [];
    // The other set may list the same options in another order: choices are compared by their text.
    const otherChoice =
      other.choice === null ? null : sameOption(other.item.options, other.choice, item.options);
    return [{ key, question: item.question, choice, otherChoice, right: item.answer }];
  });
  const marks = pairs.map(({ choice, right }) => (choice !== null && right.includes(choice) ? 1 : 0));
  const otherMarks = pairs.map(({ otherChoice, right }) =>
    otherChoice !== null && right.includes(otherChoice) ? 1 : 0,
  );
  return {
    pairs,
    accuracy: mean(marks),
    otherAccuracy: mean(otherMarks),
    paired: comparePaired(marks, otherMarks),
    agreement: agreement(
      pairs.map(({ choice }) => String(choice)),
      pairs.map(({ otherChoice }) => String(otherChoice)),
    ),
  };
}

/** Where an option of one stands in the other, by the text that makes the items the same; of several alike, the one in the same turn. */
function sameOption(from: readonly string[], choice: number, to: readonly string[]): number | null {
  const wanted = fold(from[choice] ?? '');
  const turn = from.slice(0, choice).filter((option) => fold(option) === wanted).length;
  return to.flatMap((option, index) => (fold(option) === wanted ? [index] : []))[turn] ?? null;
}

function keyed({ run, items, results }: Side): Map<string, { item: Item; choice: number | null }> {
  const found = new Map<string, { item: Item; choice: number | null }>();
  const times = new Map<string, number>();
  for (const result of results) {
    const item = items.get(result.itemId);
    if (!item || result.status !== 'answered') continue;
    const turn = run.plan.order === 'rotations' ? (result.order[0] ?? 0) : 0;
    const choice = result.chosen === null ? null : (result.order[result.chosen] ?? null);
    // A set may have the same question twice: the first is paired with the first.
    const asked = JSON.stringify([itemIdentity(item), turn]);
    const before = times.get(asked) ?? 0;
    times.set(asked, before + 1);
    found.set(`${asked}#${before}`, { item, choice });
  }
  return found;
}
