/** Reads everything stored of a model, compares it with the checksums from when it came in, and mends what is bad. */
import { AppError } from '../../../errors/app-error.ts';
import { toHex, wasmHashing } from '../../../transcode/run/hashing.ts';
import { convertModel, forgetShards, type ConvertSetup } from './convert-model.ts';
import { repairGguf, SEGMENT_BYTES } from './keep-gguf.ts';
import { ProgressMeter } from '../../../transcode/run/progress-meter.ts';
import { updateRecord, type ChosenFile, type AcquisitionRun } from './acquisition-run.ts';
import { refetchShards } from './take-package.ts';
import { PackageStore } from '../../storage/package-store.ts';
import { readInPieces, type Part } from '../../storage/checksums.ts';
import type { InstallRecord } from '../../storage/records.ts';

/** Read at once while hashing a kept GGUF. */
const SLICE_BYTES = 8 * 1024 * 1024;

/**
 * @param chosen the files the model was imported from, when they are at hand: needed to mend an imported one.
 * @returns the row, `ready`.
 * @throws AppError `models/damaged` (the row becomes `damaged`; `details.parts` are bad and no source is at hand),
 *   and what fetching and converting throw.
 */
export async function verifyInstall(
  run: AcquisitionRun,
  record: InstallRecord,
  chosen: readonly ChosenFile[],
  setup: ConvertSetup,
): Promise<InstallRecord> {
  const parts = await readInPieces(run.store, record.id);
  if (parts.length === 0) {
    // Its source had changed, so that mending began from nothing, and was cut.
    if (record.status === 'damaged' && isConverted(record)) return convertModel(run, record, chosen, setup);
    throw new AppError('models/damaged', 'no checksums are kept for this model', { parts: 0 });
  }
  const bad = await findBadParts(run, record, parts);
  const bytes = parts.reduce((sum, part) => sum + part.bytes, 0);
  if (bad.length === 0) {
    run.tell({ kind: 'verified', parts: parts.length, bytes });
    return { ...record, status: 'ready', stopped: null, storedBytes: bytes, verifiedAt: run.now() };
  }
  const damaged = await updateRecord(run, record, { status: 'damaged' });
  if (damaged.acquisition.origin.from === 'files' && chosen.length === 0) {
    throw new AppError('models/damaged', `${String(bad.length)} of ${String(parts.length)} parts are bad`, {
      parts: bad.length,
      of: parts.length,
      names: bad
        .map(({ name }) => name)
        .join(' ')
        .slice(0, 2000),
    });
  }
  // The row of one that the browser cleared says that nothing is stored.
  const whole = { ...damaged, storedBytes: bytes };
  const mended = isConverted(damaged)
    ? await convertAgain(run, damaged, chosen, bad, setup)
    : await fetchAgain(run, whole, chosen, bad);
  run.tell({ kind: 'repaired', parts: bad.length });
  return { ...mended, status: 'ready', stopped: null, verifiedAt: run.now() };
}

function isConverted({ acquisition }: InstallRecord): boolean {
  return acquisition.form !== 'gguf' && acquisition.origin.format !== 'mlc';
}

async function convertAgain(
  run: AcquisitionRun,
  record: InstallRecord,
  chosen: readonly ChosenFile[],
  bad: readonly Part[],
  setup: ConvertSetup,
): Promise<InstallRecord> {
  await forgetShards(run, record, bad);
  return convertModel(run, record, chosen, setup);
}

async function fetchAgain(
  run: AcquisitionRun,
  record: InstallRecord,
  chosen: readonly ChosenFile[],
  bad: readonly Part[],
): Promise<InstallRecord> {
  if (record.acquisition.form === 'gguf') await repairGguf(run, record, chosen, bad);
  else await refetchShards(run, record, chosen, bad);
  return record;
}

/** Missing, of another length, or of another hash. */
async function findBadParts(
  run: AcquisitionRun,
  record: InstallRecord,
  parts: readonly Part[],
): Promise<Part[]> {
  const total = parts.reduce((sum, part) => sum + part.bytes, 0);
  const rate = new ProgressMeter(run.now);
  const bad: Part[] = [];
  let done = 0;
  const kept = record.acquisition.form === 'gguf' ? await run.readGguf(record.fileName) : null;
  const store = new PackageStore(record.baseUrl, run.caches);
  for (const part of parts) {
    run.signal.throwIfAborted();
    const blob = record.acquisition.form === 'gguf' ? segment(kept, part) : await store.get(part.name);
    if (blob?.size !== part.bytes || (await sha256OfBlob(blob)) !== part.sha256) bad.push(part);
    done += part.bytes;
    run.report({
      phase: 'checking',
      doneBytes: done,
      totalBytes: total,
      bytesPerSecond: rate.measure(done, total).bytesPerSecond ?? 0,
    });
  }
  return bad;
}

function segment(file: Blob | null, part: Part): Blob | null {
  const offset = Number(part.name) * SEGMENT_BYTES;
  return file?.slice(offset, offset + part.bytes) ?? null;
}

/** Web Crypto is many times faster than any script but wants its bytes at once: fine for a shard, not for more. */
async function sha256OfBlob(blob: Blob): Promise<string> {
  if (blob.size <= 128 * 1024 * 1024) {
    return toHex(new Uint8Array(await crypto.subtle.digest('SHA-256', await blob.arrayBuffer())));
  }
  const hash = await wasmHashing.sha256();
  for (let offset = 0; offset < blob.size; offset += SLICE_BYTES) {
    await hash.update(new Uint8Array(await blob.slice(offset, offset + SLICE_BYTES).arrayBuffer()));
  }
  return hash.digest();
}
