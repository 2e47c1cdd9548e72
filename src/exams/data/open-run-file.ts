/** A run's file into the database: its questions become a set of their own unless the same ones are here already. */
import type { Store } from '../../conversations/data/store.ts';
import type { Signed } from '../../formats/signature/signature.ts';
import { AppError } from '../../errors/app-error.ts';
import { readRunFile } from '../export/run-file.ts';
import { isRunPage, readRunPage } from '../export/run-page.ts';
import { MAX_FILE_BYTES } from '../items/limits.ts';
import { itemsSha256 } from '../items/set-hash.ts';
import { getRun, keepForeignRun } from './run-repository.ts';
import { getSet, saveSet } from './sets.ts';

/** @throws AppError `exams/not-a-run`, `exams/too-large`, `storage/*`. */
export async function openRunFile(
  store: Store,
  file: File,
): Promise<{ readonly runId: string; readonly unchanged: boolean; readonly signed: Signed | null }> {
  if (file.size > MAX_FILE_BYTES) {
    throw new AppError('exams/too-large', `more than ${MAX_FILE_BYTES} bytes`, { limit: MAX_FILE_BYTES });
  }
  const text = await file.text();
  const { run, items, results, unchanged, signed } = await (isRunPage(text)
    ? readRunPage(text)
    : readRunFile(text));
  if (await getRun(store, run.id)) return { runId: run.id, unchanged, signed };
  const here = await getSet(store, run.plan.setId);
  let { setId } = run.plan;
  if (here?.sha256 !== run.plan.setSha256) {
    const set = await saveSet(store, {
      title: `${run.plan.setTitle} (from ${file.name})`.slice(0, 300),
      description: '',
      language: '',
      licence: '',
      source: file.name.slice(0, 300),
      format: 'own',
      run: null,
      sha256: await itemsSha256(items),
      items,
    });
    setId = set.id;
  }
  const state = results.length === run.total ? 'done' : 'cancelled';
  await keepForeignRun(
    store,
    { ...run, state, openedFrom: file.name.slice(0, 300), plan: { ...run.plan, setId } },
    results,
  );
  return { runId: run.id, unchanged, signed };
}
