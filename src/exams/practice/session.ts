/** Which item comes next. A session is its list of items and the answers given: nothing else has to survive a crash. */
import type { Item } from '../items/item.ts';
import { seededRandom, shuffled } from '../runs/random.ts';
import type { PracticeAnswer, PracticeCard, PracticeKind, PracticeSession } from './records.ts';

/** One sitting of spaced repetition. */
export const SPACED_ITEMS = 20;

export interface SessionMaterial {
  readonly items: readonly Pick<Item, 'id' | 'answer'>[];
  readonly cards: ReadonlyMap<string, PracticeCard>;
  /** Of the whole set, in any order. */
  readonly answers: readonly PracticeAnswer[];
  readonly now: number;
  readonly seed: number;
}

/**
 * The items of a new session, in order. Empty: there is nothing to ask (nothing missed).
 * @param limit of a mock exam; 0: all.
 */
export function itemsFor(kind: PracticeKind, material: SessionMaterial, limit = 0): readonly string[] {
  const ids = material.items.map((item) => item.id);
  switch (kind) {
    case 'in-order':
      return ids;
    case 'shuffled':
      return shuffled(ids, seededRandom(material.seed));
    case 'missed':
      return ids.filter((id) => lastAnswers(material.answers).get(id)?.right === false);
    case 'mock': {
      const withKey = material.items.filter((item) => item.answer.length > 0).map((item) => item.id);
      const order = shuffled(withKey, seededRandom(material.seed));
      return limit > 0 ? order.slice(0, limit) : order;
    }
    case 'spaced':
      return spacedItems(ids, material);
  }
}

/** What is due, the longest due first; then what was never asked; then, for who wants to go on, what comes due soonest. */
function spacedItems(ids: readonly string[], { cards, now }: SessionMaterial): readonly string[] {
  const dueAt = (id: string): number => cards.get(id)?.due ?? Number.POSITIVE_INFINITY;
  const due = ids.filter((id) => dueAt(id) <= now).sort((a, b) => dueAt(a) - dueAt(b));
  const fresh = ids.filter((id) => !cards.has(id));
  const some = [...due, ...fresh].slice(0, SPACED_ITEMS);
  if (some.length > 0) return some;
  return [...ids].sort((a, b) => dueAt(a) - dueAt(b)).slice(0, SPACED_ITEMS);
}

/** The latest answer to each item. */
export function lastAnswers(answers: readonly PracticeAnswer[]): ReadonlyMap<string, PracticeAnswer> {
  const last = new Map<string, PracticeAnswer>();
  for (const answer of answers) {
    const before = last.get(answer.itemId);
    if (!before || before.at <= answer.at) last.set(answer.itemId, answer);
  }
  return last;
}

export interface SessionPlace {
  /** The item to ask; null when the session is over. */
  readonly itemId: string | null;
  readonly answered: number;
  readonly total: number;
}

/** Where a session stands, from its answers alone. @param answers of this session. */
export function placeIn(
  session: PracticeSession,
  answers: readonly Pick<PracticeAnswer, 'itemId'>[],
  now: number,
): SessionPlace {
  const done = new Set(answers.map(({ itemId }) => itemId));
  const over = session.endedAt !== null || (session.deadline !== null && now >= session.deadline);
  const next = session.itemIds.find((id) => !done.has(id)) ?? null;
  return { itemId: over ? null : next, answered: done.size, total: session.itemIds.length };
}

/** An answer's id: the same item in the same session is answered once, however often it is written. */
export function answerId(sessionId: string, itemId: string): string {
  return `${sessionId}/${itemId}`;
}
