/** When an item comes again: FSRS by ts-fsrs, a right answer counts as "good", a wrong one as "again". */
import { createEmptyCard, fsrs, generatorParameters, Rating, type Card } from 'ts-fsrs';
import type { PracticeCard } from './records.ts';

// Without fuzz the same answers give the same days, on every machine.
const scheduler = fsrs(generatorParameters({ enable_fuzz: false }));

/** @param card null: never answered. @param now milliseconds since the epoch. */
export function nextCard(card: PracticeCard | null, right: boolean, now: number): PracticeCard {
  const before: Card = card === null ? createEmptyCard(new Date(now)) : toCard(card);
  const { card: after } = scheduler.next(before, new Date(now), right ? Rating.Good : Rating.Again);
  return {
    due: after.due.getTime(),
    stability: after.stability,
    difficulty: after.difficulty,
    scheduled_days: after.scheduled_days,
    learning_steps: after.learning_steps,
    reps: after.reps,
    lapses: after.lapses,
    state: after.state,
    last_review: after.last_review?.getTime() ?? null,
  };
}

function toCard({ due, last_review, ...rest }: PracticeCard): Card {
  return {
    ...rest,
    // Required by ts-fsrs 5 and no longer read by its scheduler.
    // oxlint-disable-next-line typescript/no-deprecated -- the type asks for it
    elapsed_days: 0,
    due: new Date(due),
    ...(last_review === null ? {} : { last_review: new Date(last_review) }),
  };
}
