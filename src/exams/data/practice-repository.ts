/** Practice in the database: each answer is one transaction with the card it moves. */
import Dexie from 'dexie';
import { newId, write, type Store } from '../../conversations/data/store.ts';
import type { Item } from '../items/item.ts';
import {
  answerSchema,
  cardSchema,
  sessionSchema,
  type PracticeAnswer,
  type PracticeCard,
  type PracticeKind,
  type PracticeSession,
} from '../practice/records.ts';
import { answerId } from '../practice/session.ts';
import { nextCard } from '../practice/spaced.ts';

export async function beginSession(
  store: Store,
  setId: string,
  kind: PracticeKind,
  itemIds: readonly string[],
  deadline: number | null,
): Promise<PracticeSession> {
  const session: PracticeSession = {
    id: newId(store.now()),
    setId,
    kind,
    itemIds: [...itemIds],
    startedAt: store.now(),
    deadline,
    endedAt: null,
  };
  await write(store, () => store.db.examSessions.put({ id: session.id, setId, value: session }));
  return session;
}

/** The session of this set that goes on, by whatever clock it was begun; null where all were ended. */
export async function openSession(store: Store, setId: string): Promise<PracticeSession | null> {
  const open = await openSessions(store, setId);
  return open.toSorted((a, b) => b.startedAt - a.startedAt)[0] ?? null;
}

async function openSessions(store: Store, setId: string): Promise<PracticeSession[]> {
  const rows = await store.db.examSessions.where('setId').equals(setId).toArray();
  return rows.flatMap(({ value }) => {
    const parsed = sessionSchema.safeParse(value);
    return parsed.success && parsed.data.endedAt === null ? [parsed.data] : [];
  });
}

/** Ends every open session of the set: an older one must not come up again in its place. */
export async function endSession(store: Store, session: PracticeSession): Promise<void> {
  const { examSessions } = store.db;
  const endedAt = store.now();
  await write(store, () =>
    store.db.transaction('rw', examSessions, async () => {
      const open = (await openSessions(store, session.setId)).filter(({ id }) => id !== session.id);
      const rows = [...open, session].map((each) => ({ ...each, endedAt }));
      await examSessions.bulkPut(rows.map((value) => ({ id: value.id, setId: value.setId, value })));
    }),
  );
}

export async function readAnswers(store: Store, setId: string): Promise<PracticeAnswer[]> {
  const rows = await store.db.examAnswers.where('setId').equals(setId).toArray();
  return rows.flatMap(({ value }) => {
    const parsed = answerSchema.safeParse(value);
    return parsed.success ? [parsed.data] : [];
  });
}

export async function readCards(store: Store, setId: string): Promise<Map<string, PracticeCard>> {
  const rows = await store.db.examCards
    .where('[setId+itemId]')
    .between([setId, Dexie.minKey], [setId, Dexie.maxKey])
    .toArray();
  return new Map(
    rows.flatMap(({ itemId, value }) => {
      const parsed = cardSchema.safeParse(value);
      return parsed.success ? [[itemId, parsed.data] as const] : [];
    }),
  );
}

/** Keeps an answer and moves the item's card; the same item in the same session a second time changes nothing. */
export async function keepAnswer(
  store: Store,
  session: PracticeSession,
  item: Item,
  given: Pick<PracticeAnswer, 'chosen' | 'elapsedMs' | 'model'>,
): Promise<PracticeAnswer> {
  const right = item.answer.length === 0 ? null : item.answer.includes(given.chosen);
  const at = store.now();
  const answer: PracticeAnswer = {
    ...given,
    id: answerId(session.id, item.id),
    sessionId: session.id,
    setId: session.setId,
    itemId: item.id,
    right,
    subject: item.subject,
    at,
  };
  const { db } = store;
  await write(store, () =>
    db.transaction('rw', [db.examAnswers, db.examCards], async () => {
      if (await db.examAnswers.get(answer.id)) return;
      await db.examAnswers.add({ id: answer.id, setId: session.setId, value: answer });
      if (right === null) return;
      const key: [string, string] = [session.setId, item.id];
      const parsed = cardSchema.safeParse((await db.examCards.get(key))?.value);
      const value = nextCard(parsed.success ? parsed.data : null, right, at);
      await db.examCards.put({ setId: session.setId, itemId: item.id, value });
    }),
  );
  return answer;
}
