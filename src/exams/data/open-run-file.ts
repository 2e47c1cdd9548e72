/** A run's file into the database: its questions become a set of their own unless the same ones are here already. */
import { newId, type Store } from '../../conversations/data/store.ts';
import type { Signed } from '../../formats/signature/signature.ts';
import { AppError } from '../../errors/app-error.ts';
import { canonicalJson, contentHash } from '../../transcripts/format/integrity/canonical.ts';
import { readRunFile, type RunFile } from '../export/run-file.ts';
import { isRunPage, readRunPage } from '../export/run-page.ts';
import type { Item } from '../items/item.ts';
import { MAX_FILE_BYTES } from '../items/limits.ts';
import { itemsSha256 } from '../items/set-hash.ts';
import type { Result, Run } from '../runs/result.ts';
import { getRun, keepForeignRun, readWholeResults } from './run-repository.ts';
import { getSet, listSets, readItems, saveSet } from './sets.ts';

/**
 * What is said of the file (`unchanged`, `signed`) is true of the run it leads to: where another run has its id, such as the half of
 * it or a forgery, the file's run gets an id of its own, and both stay.
 * @throws AppError `exams/not-a-run`, `exams/too-large`, `storage/*`.
 */
export async function openRunFile(
  store: Store,
  file: File,
): Promise<{ readonly runId: string; readonly unchanged: boolean; readonly signed: Signed | null }> {
  if (file.size > MAX_FILE_BYTES) {
    throw new AppError('exams/too-large', `more than ${MAX_FILE_BYTES} bytes`, { limit: MAX_FILE_BYTES });
  }
  const text = await file.text();
  const found = await (isRunPage(text) ? readRunPage(text) : readRunFile(text));
  // In the order in which the database gives them back.
  const read = { ...found, results: found.results.toSorted((a, b) => a.n - b.n) };
  const { unchanged, signed } = read;
  const sha256 = await contentSha256(read.run, read.items, read.results);
  // From its content, so that the same file leads to the same run the next time, too.
  const ids = [read.run.id, sha256.slice(0, 32), newId(store.now())];
  for (const runId of ids) {
    if (await isHere(store, runId, read.items, sha256)) return { runId, unchanged, signed };
    if ((await getRun(store, runId)) === undefined && (await keep(store, file, read, runId)))
      return { runId, unchanged, signed };
  }
  throw new AppError('storage/failed', 'no id is free for the run');
}

/** @returns false: another run has the id. */
async function keep(
  store: Store,
  file: File,
  { run, items, results }: RunFile,
  runId: string,
): Promise<boolean> {
  return keepForeignRun(
    store,
    {
      ...run,
      id: runId,
      state: results.length === run.total ? 'done' : 'cancelled',
      openedFrom: file.name.slice(0, 300),
      plan: { ...run.plan, setId: await setFor(store, file, run, items) },
    },
    results.map((result) => ({ ...result, runId })),
  );
}

/** The set here that has these items, or a new one. A file's word for which set it is of is not enough. */
async function setFor(store: Store, file: File, { plan }: Run, items: readonly Item[]): Promise<string> {
  const here = await getSet(store, plan.setId);
  if (here?.sha256 === plan.setSha256 && (await sameItems(store, here.id, items))) return here.id;
  const sha256 = await itemsSha256(items);
  const same = (await listSets(store)).find((set) => set.sha256 === sha256 && !set.hidden);
  if (same && (await sameItems(store, same.id, items))) return same.id;
  const set = await saveSet(store, {
    title: `${plan.setTitle} (from ${file.name})`.slice(0, 300),
    description: '',
    language: '',
    licence: '',
    source: file.name.slice(0, 300),
    format: 'own',
    run: null,
    sha256,
    items,
  });
  return set.id;
}

async function isHere(store: Store, runId: string, items: readonly Item[], sha256: string): Promise<boolean> {
  const run = await getRun(store, runId);
  if (!run || !(await sameItems(store, run.plan.setId, items))) return false;
  return (await contentSha256(run, items, readWholeResults(store, runId))) === sha256;
}

/** Whether the set has each of the items as it stands; it may have more. */
async function sameItems(store: Store, setId: string, items: readonly Item[]): Promise<boolean> {
  const here = new Map((await readItems(store, setId)).map((item) => [item.id, item]));
  return items.every((item) => canonicalJson(item) === canonicalJson(here.get(item.id)));
}

/** Of all that a report says; not of what opening a run changes: its id, its state, and where it and its set came from. */
async function contentSha256(
  run: Run,
  items: readonly Item[],
  results: Iterable<Result> | AsyncIterable<Result>,
): Promise<string> {
  const hash = await contentHash();
  const plan = { ...run.plan, setId: '' };
  hash.update(`${canonicalJson({ ...run, id: '', state: '', openedFrom: '', plan })}\n`);
  for (const item of items) hash.update(`${canonicalJson(item)}\n`);
  for await (const result of results) hash.update(`${canonicalJson({ ...result, runId: '' })}\n`);
  return hash.digest();
}
