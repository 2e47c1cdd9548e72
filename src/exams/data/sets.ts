/** Question sets and their items in the database. */
import Dexie from 'dexie';
import { AppError } from '../../errors/app-error.ts';
import { noteActivity } from '../../conversations/data/activity/activity.ts';
import { newId, write, type Store } from '../../conversations/data/store.ts';
import type { ExamItemRow } from '../../database/schema.ts';
import type { ImportedSet } from '../items/import-set.ts';
import type { Item } from '../items/item.ts';
import { cutToName } from '../items/limits.ts';
import { contentHash } from '../../transcripts/format/integrity/canonical.ts';
import { itemsSha256By } from '../items/set-hash.ts';
import { setRecordSchema, type SetRecord } from './set-record.ts';

/** Items brought into the page in one task: some ten milliseconds on a slow machine. */
const READ_AT_ONCE = 500;

/** Built-in sets keep their own id; others get one. */
export interface NewSet extends Pick<
  ImportedSet,
  'title' | 'description' | 'language' | 'licence' | 'source' | 'format' | 'sha256' | 'items' | 'run'
> {
  readonly id?: string;
  readonly builtIn?: boolean;
}

/** Stores a set whole, or nothing of it. @throws AppError `storage/*` */
export async function saveSet(store: Store, set: NewSet): Promise<SetRecord> {
  const id = set.id ?? newId(store.now());
  const record: SetRecord = {
    id,
    title: cutToName(set.title),
    description: set.description,
    language: cutToName(set.language),
    licence: cutToName(set.licence),
    source: cutToName(set.source),
    format: set.format,
    builtIn: set.builtIn ?? false,
    hidden: false,
    createdAt: store.now(),
    run: set.run,
    ...countsOf(set.items),
    sha256: set.sha256,
  };
  const rows = set.items.map((item, n): ExamItemRow => ({ ...item, setId: id, n }));
  const { db } = store;
  await write(store, () =>
    db.transaction('rw', [db.examSets, db.examItems], async () => {
      await db.examItems.where('[setId+n]').between([id, Dexie.minKey], [id, Dexie.maxKey]).delete();
      await db.examItems.bulkAdd(rows);
      await db.examSets.put({ id, value: record });
    }),
  );
  return record;
}

function countsOf(items: readonly Item[]): Pick<SetRecord, 'items' | 'withKey' | 'subjects' | 'splits'> {
  return {
    items: items.length,
    withKey: items.filter((item) => item.answer.length > 0).length,
    subjects: tally(items.map((item) => item.subject)),
    splits: tally(items.map((item) => item.split)),
  };
}

function tally(names: readonly string[]): { name: string; items: number }[] {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts]
    .map(([name, items]) => ({ name, items }))
    .sort((a, b) => a.name.localeCompare(b.name, 'en'));
}

/** Built-in sets first, then the newest. */
export async function listSets(store: Store): Promise<SetRecord[]> {
  const rows = await store.db.examSets.toArray();
  return rows
    .flatMap(({ value }) => {
      const parsed = setRecordSchema.safeParse(value);
      return parsed.success ? [parsed.data] : [];
    })
    .sort((a, b) => Number(b.builtIn) - Number(a.builtIn) || b.createdAt - a.createdAt);
}

export async function getSet(store: Store, id: string): Promise<SetRecord | undefined> {
  const parsed = setRecordSchema.safeParse((await store.db.examSets.get(id))?.value);
  return parsed.success ? parsed.data : undefined;
}

/** Items in the set's order. */
export async function readItems(store: Store, setId: string): Promise<Item[]> {
  const { db } = store;
  // 20,000 at once would hold the page up for a quarter of a second.
  return db.transaction('r', [db.examItems], async () => {
    const items: Item[] = [];
    let from = 0;
    for (;;) {
      const rows = await db.examItems
        .where('[setId+n]')
        .between([setId, from], [setId, Dexie.maxKey])
        .limit(READ_AT_ONCE)
        .toArray();
      for (const row of rows) items.push(toItem(row));
      const last = rows.at(-1);
      if (!last || rows.length < READ_AT_ONCE) return items;
      from = last.n + 1;
    }
  });
}

/** A page of a set, for a list that holds only what is on screen. */
export async function readItemsPage(
  store: Store,
  setId: string,
  from: number,
  count: number,
): Promise<Item[]> {
  const rows = await store.db.examItems
    .where('[setId+n]')
    .between([setId, from], [setId, from + count], true, false)
    .toArray();
  return rows.map(toItem);
}

/** Those of a set with these ids, in no order; ids it does not have are left out. */
export async function readItemsById(store: Store, setId: string, ids: readonly string[]): Promise<Item[]> {
  const rows = await store.db.examItems
    .where('[setId+id]')
    .anyOf(ids.map((id): [string, string] => [setId, id]))
    .toArray();
  return rows.map(toItem);
}

function toItem(row: ExamItemRow): Item {
  const { id, question, context, options, answer, explanation, subject, split } = row;
  return { id, question, context, options, answer, explanation, subject, split };
}

export async function renameSet(store: Store, id: string, title: string): Promise<void> {
  await write(store, () =>
    store.db.transaction('rw', [store.db.examSets], () =>
      changeRecord(store, id, (record) => ({
        ...record,
        title: title.trim() === '' ? record.title : cutToName(title.trim()),
      })),
    ),
  );
}

/**
 * Puts an edited item in the place of the old one, and the hash and counts of its set with it: a set with another's hash would be taken
 * for that one by every run. @throws AppError `exams/not-found`, `storage/*`
 */
export async function updateItem(store: Store, setId: string, item: Item): Promise<void> {
  const { db } = store;
  const hash = await contentHash();
  await write(store, () =>
    db.transaction('rw', [db.examItems, db.examSets], async () => {
      const row = await db.examItems.where('[setId+id]').equals([setId, item.id]).first();
      if (!row) throw new AppError('exams/not-found', `the set has no item ${item.id}`);
      await db.examItems.put({ ...item, setId, n: row.n });
      const items = await readItems(store, setId);
      const sha256 = itemsSha256By(hash, items);
      await changeRecord(store, setId, (record) => ({ ...record, ...countsOf(items), sha256 }));
    }),
  );
}

/** Inside a transaction on the table of sets. */
async function changeRecord({ db }: Store, id: string, to: (record: SetRecord) => SetRecord): Promise<void> {
  const parsed = setRecordSchema.safeParse((await db.examSets.get(id))?.value);
  if (!parsed.success) throw new AppError('exams/not-found', `no set ${id}`);
  await db.examSets.put({ id, value: to(parsed.data) });
}

/** Deletes a set with its items, cards, practice and runs. A built-in one leaves a mark by which it can be brought back. */
export async function deleteSet(store: Store, id: string, runIds: readonly string[]): Promise<void> {
  const { db } = store;
  const between = [
    [id, Dexie.minKey],
    [id, Dexie.maxKey],
  ] as const;
  const tables = [
    db.examSets,
    db.examItems,
    db.examCards,
    db.examSessions,
    db.examAnswers,
    db.examRuns,
    db.examResults,
    db.examPrompts,
    db.examRatings,
  ];
  await write(store, () =>
    db.transaction('rw', tables, async () => {
      const record = setRecordSchema.safeParse((await db.examSets.get(id))?.value);
      await db.examItems
        .where('[setId+n]')
        .between(...between)
        .delete();
      await db.examCards
        .where('[setId+itemId]')
        .between(...between)
        .delete();
      await db.examSessions.where('setId').equals(id).delete();
      await db.examAnswers.where('setId').equals(id).delete();
      for (const runId of runIds) await deleteRunRows(store, runId);
      if (record.success && record.data.builtIn) {
        await db.examSets.put({ id, value: { ...record.data, hidden: true } });
      } else await db.examSets.delete(id);
    }),
  );
  noteActivity(store, { kind: 'deleted', what: 'question-set', count: 1 });
}

/** Inside a transaction on the four tables of runs. */
export async function deleteRunRows({ db }: Store, runId: string): Promise<void> {
  const between = [
    [runId, Dexie.minKey],
    [runId, Dexie.maxKey],
  ] as const;
  await db.examRuns.delete(runId);
  await db.examResults
    .where('[runId+n]')
    .between(...between)
    .delete();
  await db.examPrompts
    .where('[runId+n]')
    .between(...between)
    .delete();
  await db.examRatings
    .where('[runId+n]')
    .between(...between)
    .delete();
}
