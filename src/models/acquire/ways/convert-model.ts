/** Converts a source into an MLC package in the browser's cache, on the way in: no copy of the source is kept. */
import { AppError } from '../../../errors/app-error.ts';
import type {
  ConvertProgress,
  Journal,
  PackageSink,
} from '../../../transcode/run/workers/conversion-port.ts';
import { convert } from '../../../transcode/run/convert.ts';
import { openModel } from '../../../transcode/source/open-model.ts';
import { planPackage, type PackagePlan } from '../../../transcode/plan/plan-package.ts';
import type { BlockPool } from '../../../transcode/run/workers/worker-pool.ts';
import { updateRecord, type ChosenFile, type AcquisitionRun } from './acquisition-run.ts';
import type { HashSetup } from '../../../transcode/run/workers/hash-thread.ts';
import type { Storers } from '../workers/storers.ts';
import { PackageStore } from '../../storage/package-store.ts';
import { writeParts, type Part } from '../../storage/checksums.ts';
import type { InstallRecord, ModelSizes } from '../../storage/records.ts';
import { identifySource, openSources, requirePublishedHash } from '../../catalogue/sources.ts';
import { ensureFreeSpace } from '../../storage/free-space.ts';

/** Config, tokenizer, indexes and provenance: a few megabytes beside the shards. */
const SIDE_FILE_BYTES = 8_000_000;
/** Rows of progress are written at most this often: each is a durable database write. */
const SAVE_EVERY_MS = 2000;

export interface ConvertSetup extends HashSetup {
  /** Threads for sources that must be rounded; null: everything on this thread. */
  readonly createPool: (() => BlockPool) | null;
  /** Threads that hash and store; absent: this thread does. */
  readonly createStorers?: () => Storers;
}

/**
 * @returns the row, `ready`.
 * @throws AppError `models/source-mismatch` (everything stored is deleted), `models/not-enough-space`, `bytes/*`,
 *   `transcode/*`, `storage/*`, `aborted`.
 */
export async function convertModel(
  run: AcquisitionRun,
  start: InstallRecord,
  chosen: readonly ChosenFile[],
  setup: ConvertSetup,
): Promise<InstallRecord> {
  const form = start.acquisition.form;
  if (form === 'gguf') throw new AppError('models/unknown', 'a GGUF is kept, not converted', { form });
  run.report({ phase: 'preparing', doneBytes: 0, totalBytes: 0, bytesPerSecond: 0 });
  const opened = await openSources(run, start.acquisition.origin, chosen);
  const { record: identified, restarted } = await identifySource(run, start, opened);
  const store = new PackageStore(identified.baseUrl, run.caches);
  if (restarted) await discard(run, identified, store);
  const plan = planPackage(await openModel(opened.files, run.signal), { quantization: form });
  const record = await updateRecord(run, identified, { sizes: sizesOf(plan) });
  const have = (await store.list()).reduce((sum, file) => sum + file.bytes, 0);
  await ensureFreeSpace(Math.max(0, plan.totalBytes + SIDE_FILE_BYTES - have), run.storage);
  const rounds = mustRound(plan);
  const pool = rounds ? setup.createPool?.() : undefined;
  const storers = setup.createStorers?.();
  const hashing = setup.createHashThread?.();
  const progress = progressSaver(run, record, plan);
  try {
    const result = await convert(plan, {
      sink: cacheSink(store, storers),
      journal: databaseJournal(run, record.id),
      quality: start.acquisition.quality,
      signal: run.signal,
      onProgress: progress.report,
      // A line is kept full by many reads at once; a disk is not.
      ...(start.acquisition.origin.from === 'url' && { readAhead: 4, readBytes: 8 * 1024 * 1024 }),
      // Where nothing is rounded, storing takes as long as making.
      waiting: rounds ? 1 : 2,
      ...(pool && { pool }),
      ...(hashing && { hashing }),
    });
    if (!(await requirePublishedHash(run, record, result.sources))) {
      run.tell({ kind: 'not-compared', name: record.source.name });
    }
    const parts: Part[] = result.files.map(({ name, nbytes, sha256 }) => ({ name, bytes: nbytes, sha256 }));
    await writeParts(run.store, record.id, parts);
    const total = sourceBytes(plan);
    return {
      ...record,
      status: 'ready',
      stopped: null,
      source: { ...record.source, sha256: result.sources[0]?.sha256 ?? '' },
      progress: { doneBytes: total, totalBytes: total },
      storedBytes: parts.reduce((sum, part) => sum + part.bytes, 0),
      contextLength: plan.model.config.contextLength,
      verifiedAt: run.now(),
    };
  } catch (thrown) {
    // What came from a source that is not what its publisher lists must not be run, nor resumed.
    if (thrown instanceof AppError && thrown.code === 'models/source-mismatch')
      await discard(run, record, store);
    throw thrown;
  } finally {
    pool?.close();
    hashing?.close();
    await storers?.close();
    // A row of progress written last would hide how the work ended.
    await progress.saved();
  }
}

/**
 * Makes the conversion forget bad shards: run again, it converts only these, for it looks for each shard of its journal. Their checksums
 * stay: by a list without them a model without these shards would pass the next Verify.
 */
export async function forgetShards(
  run: AcquisitionRun,
  record: InstallRecord,
  bad: readonly Part[],
): Promise<void> {
  const store = new PackageStore(record.baseUrl, run.caches);
  for (const { name } of bad) await store.delete(name);
}

function cacheSink(store: PackageStore, storers: Storers | undefined): PackageSink {
  return {
    size: (name) => store.byteLength(name),
    write: (name, bytes) => store.put(name, bytes),
    ...(storers && { writeHashed: (name, bytes) => storers.store(store.baseUrl, name, bytes) }),
  };
}

/** Kept when the package is complete, too: it is what lets Verify convert single shards again. */
function databaseJournal(run: AcquisitionRun, id: string): Journal {
  return {
    load: async () => (await run.store.readJournal(id)) ?? null,
    save: (state) => run.store.writeJournal(id, state),
    clear: () => Promise.resolve(),
  };
}

function progressSaver(
  run: AcquisitionRun,
  record: InstallRecord,
  plan: PackagePlan,
): { readonly report: (progress: ConvertProgress) => void; readonly saved: () => Promise<unknown> } {
  const totalBytes = sourceBytes(plan);
  let savedAt = run.now();
  let shardsSaved = 0;
  let saved: Promise<unknown> = Promise.resolve();
  const report = (progress: ConvertProgress): void => {
    // What this run need not read again was done by earlier ones.
    const doneBytes = Math.max(0, totalBytes - progress.bytesToRead + progress.bytesRead);
    run.report({
      phase: progress.phase === 'finishing' ? 'finishing' : 'transferring',
      doneBytes,
      totalBytes,
      bytesPerSecond: progress.bytesPerSecond ?? 0,
    });
    if (run.now() - savedAt < SAVE_EVERY_MS && progress.shardsDone === shardsSaved) return;
    savedAt = run.now();
    shardsSaved = progress.shardsDone;
    const save = (): Promise<unknown> =>
      updateRecord(run, record, {
        progress: { doneBytes, totalBytes },
        storedBytes: progress.bytesWritten,
      });
    // Where that fails only the figure of a paused job is lost; a database in trouble stops the conversion at its next journal entry.
    saved = saved.then(save).catch(() => undefined);
  };
  return { report, saved: () => saved };
}

function sizesOf({ model: { config } }: PackagePlan): ModelSizes {
  return {
    layers: config.layers,
    hidden: config.hiddenSize,
    feedForward: config.intermediateSize,
    heads: config.heads,
    kvHeads: config.kvHeads,
    ropeTheta: config.ropeTheta,
    ropeFactor: config.ropeScaling?.factor ?? 1,
  };
}

/** Repacking Q4_0 is as fast as handing it to another thread; a head in another type alone is not worth starting threads. */
function mustRound(plan: PackagePlan): boolean {
  return plan.tensors.some(
    (tensor) =>
      tensor.kind === 'matrix' &&
      tensor.name !== 'lm_head' &&
      tensor.parts.some(({ matrix }) => matrix.kind === 'awq' || matrix.type !== 'Q4_0'),
  );
}

function sourceBytes(plan: PackagePlan): number {
  return plan.model.sources.reduce((sum, source) => sum + source.size, 0);
}

async function discard(run: AcquisitionRun, record: InstallRecord, store: PackageStore): Promise<void> {
  await store.deleteAll();
  await run.store.deleteJournal(record.id);
  await writeParts(run.store, record.id, []);
}
