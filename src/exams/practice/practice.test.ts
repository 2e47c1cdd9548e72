import { describe, expect, test } from 'vitest';
import { openTestStore, createUniverse } from '../../conversations/data/test-store.ts';
import {
  beginSession,
  endSession,
  keepAnswer,
  openSession,
  readAnswers,
  readCards,
} from '../data/practice-repository.ts';
import { beginExamsRestore } from '../data/restore.ts';
import { saveSet } from '../data/sets.ts';
import { MAX_NAME_CHARACTERS } from '../items/limits.ts';
import { testItem, testItems, testSet } from '../runs/testing.ts';
import { progressOf } from './progress.ts';
import type { PracticeAnswer } from './records.ts';
import { itemsFor, placeIn, type SessionMaterial } from './session.ts';
import { nextCard } from './spaced.ts';

const DAY = 86_400_000;
const ITEMS = testItems(30);
const material = (over: Partial<SessionMaterial> = {}): SessionMaterial => ({
  items: ITEMS,
  cards: new Map(),
  answers: [],
  now: 1000 * DAY,
  seed: 3,
  ...over,
});
const answer = (n: number, right: boolean, over: Partial<PracticeAnswer> = {}): PracticeAnswer => ({
  id: `s/${n}/${over.at ?? 0}`,
  sessionId: 's',
  setId: 'set',
  itemId: `i${n}`,
  chosen: 0,
  right,
  subject: n % 2 === 0 ? 'even' : 'odd',
  at: n,
  elapsedMs: 1,
  model: null,
  ...over,
});

describe('which items', () => {
  test('in order, shuffled by seed, only missed', () => {
    expect(itemsFor('in-order', material())[2]).toBe('i2');
    const order = itemsFor('shuffled', material());
    expect(order).toEqual(itemsFor('shuffled', material()));
    expect([...order].sort()).toEqual(ITEMS.map(({ id }) => id).sort());
    const answers = [answer(4, false, { at: 1 }), answer(4, true, { at: 2 }), answer(7, false)];
    expect(itemsFor('missed', material({ answers }))).toEqual(['i7']);
  });

  test('spaced: what is due, longest first, then new ones; when all are learnt, the next to come', () => {
    const card = (due: number) => ({ ...nextCard(null, true, 900 * DAY), due });
    const cards = new Map([
      ['i9', card(999 * DAY)],
      ['i5', card(998 * DAY)],
      ['i0', card(1001 * DAY)],
    ]);
    const asked = itemsFor('spaced', material({ cards }));
    expect(asked.slice(0, 3)).toEqual(['i5', 'i9', 'i1']);
    expect(asked).not.toContain('i0');
    const learnt = new Map(ITEMS.map(({ id }, n) => [id, card((1100 - n) * DAY)]));
    expect(itemsFor('spaced', material({ cards: learnt }))[0]).toBe('i29');
  });

  test('a mock exam asks only items with a key', () => {
    const items = [testItem(0, { answer: [] }), ...ITEMS.slice(1, 10)];
    const asked = itemsFor('mock', material({ items }), 5);
    expect(asked).toHaveLength(5);
    expect(asked).not.toContain('i0');
  });
});

test('spaced repetition: right answers come later and later, a wrong one soon', () => {
  const first = nextCard(null, true, 0);
  const second = nextCard(first, true, first.due);
  const third = nextCard(second, true, second.due);
  expect(third.due - second.due).toBeGreaterThan(second.due - first.due);
  const lapse = nextCard(third, false, third.due);
  expect(lapse.due - third.due).toBeLessThan(third.due - second.due);
  expect(nextCard(null, true, 0)).toEqual(first);
});

describe('a session', () => {
  test('goes on where its answers end, also after the page was killed at any moment', async () => {
    const universe = createUniverse();
    const store = await openTestStore(universe);
    const set = await saveSet(store, testSet(ITEMS));
    const session = await beginSession(store, set.id, 'in-order', ['i0', 'i1', 'i2'], null);
    for (const [n, id] of ['i0', 'i1', 'i2'].entries()) {
      // Another page on the same database: what a reload sees.
      const again = await openTestStore(universe, `tab-${n}`);
      const open = await openSession(again, set.id);
      expect(open?.id).toBe(session.id);
      const place = placeIn(session, await readAnswers(again, set.id), 0);
      expect(place).toEqual({ itemId: id, answered: n, total: 3 });
      const item = ITEMS[n];
      if (!item) throw new Error('no item');
      await keepAnswer(again, session, item, { chosen: 0, elapsedMs: 5, model: null });
      // Pressed twice, or written by two tabs: one answer, one step of the card.
      await keepAnswer(again, session, item, { chosen: 1, elapsedMs: 5, model: null });
      again.db.close();
    }
    const answers = await readAnswers(store, set.id);
    expect(answers.map(({ itemId, right }) => [itemId, right])).toEqual([
      ['i0', true],
      ['i1', false],
      ['i2', false],
    ]);
    expect([...(await readCards(store, set.id)).values()].map(({ reps }) => reps)).toEqual([1, 1, 1]);
    expect(placeIn(session, answers, 0).itemId).toBeNull();
    await endSession(store, session);
    expect(await openSession(store, set.id)).toBeNull();
  });

  test('items whose long ids differ at their ends alone have an answer each', async () => {
    const store = await openTestStore();
    const long = 'https://example.org/'.padEnd(MAX_NAME_CHARACTERS - 1, 'x');
    const items = ['a', 'b'].map((end) => testItem(0, { id: long + end }));
    const ids = items.map(({ id }) => id);
    const session = await beginSession(store, 'set', 'in-order', ids, null);
    for (const item of items) {
      expect(placeIn(session, await readAnswers(store, 'set'), 0).itemId).toBe(item.id);
      await keepAnswer(store, session, item, { chosen: 0, elapsedMs: 5, model: null });
    }
    const answers = await readAnswers(store, 'set');
    expect(placeIn(session, answers, 0)).toMatchObject({ itemId: null, answered: 2 });
    // A backup brings both into another database.
    const other = await openTestStore();
    const rows = (await store.db.examAnswers.toArray()).map((row) => ({ ...row }));
    await beginExamsRestore(other).take({ table: 'examAnswers', rows });
    expect(await readAnswers(other, 'set')).toEqual(answers);
  });

  test('begins after the clock was set back, and End ends whatever was left open', async () => {
    const universe = createUniverse();
    const ahead = await openTestStore(universe, 'ahead');
    universe.clock.offset = DAY;
    const tomorrow = await beginSession(ahead, 'set', 'in-order', ['i0'], null);
    await endSession(ahead, tomorrow);
    universe.clock.offset = 0;
    const store = await openTestStore(universe, 'now');
    await beginSession(store, 'set', 'in-order', ['i1'], null);
    const begun = await beginSession(store, 'set', 'in-order', ['i2'], null);
    const other = await beginSession(store, 'other set', 'in-order', ['i3'], null);
    expect((await openSession(store, 'set'))?.itemIds).toEqual(begun.itemIds);
    await endSession(store, begun);
    expect(await openSession(store, 'set')).toBeNull();
    expect(await openSession(store, 'other set')).toEqual(other);
  });

  test('a mock exam is over at its deadline', () => {
    const session = {
      id: 's',
      setId: 'x',
      kind: 'mock',
      itemIds: ['i0'],
      startedAt: 0,
      deadline: 100,
      endedAt: null,
    } as const;
    expect(placeIn({ ...session, itemIds: ['i0'] }, [], 99).itemId).toBe('i0');
    expect(placeIn({ ...session, itemIds: ['i0'] }, [], 100).itemId).toBeNull();
  });
});

test('progress: the person beside the model on the same items', () => {
  const model = (chosen: number) => ({
    modelId: 'm',
    displayName: 'M',
    sourceSha256: '',
    probabilities: [0.6, 0.4],
    chosen,
  });
  const keys = new Map(ITEMS.map((item) => [item.id, item.answer]));
  const progress = progressOf(
    [answer(0, true, { model: model(0) }), answer(1, false, { model: model(0) }), answer(2, true)],
    keys,
  );
  expect(progress.person).toMatchObject({ n: 3, right: 2 });
  expect(progress.model).toMatchObject({ n: 2, right: 1 });
  expect(progress.modelSureWhenWrong).toBeCloseTo(0.6);
  expect(progress.subjects.map(({ subject, person }) => [subject, person.n])).toEqual([
    ['even', 2],
    ['odd', 1],
  ]);
  expect(progress.days).toHaveLength(1);
  // The key of the first was taken away since, and the second is gone.
  const later = progressOf(
    [answer(0, true, { model: model(0) }), answer(1, false, { model: model(0) })],
    new Map([['i0', []]]),
  );
  expect(later).toMatchObject({ person: { n: 2 }, model: null, modelSureWhenWrong: Number.NaN });
});
