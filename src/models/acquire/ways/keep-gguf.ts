/**
 * Keeps a GGUF as it is, for the llama.cpp engine: fetched by ranges or copied from disk, in file order, hashed on the way.
 * The journal says how far it came; the file itself lies in the private file system.
 */
import { z } from '../../../lib/zod.ts';
import { AppError } from '../../../errors/app-error.ts';
import type { ByteSource } from '../../../lib/byte-source.ts';
import { parseGguf } from '../../../formats/gguf/gguf-parser.ts';
import {
  fromBase64,
  sha256Of,
  toBase64,
  wasmHashing,
  type Hashing,
  type StreamHash,
} from '../../../transcode/run/hashing.ts';
import { ProgressMeter } from '../../../transcode/run/progress-meter.ts';
import { updateRecord, type ChosenFile, type AcquisitionRun } from './acquisition-run.ts';
import { sizesOfGguf } from '../../screen/other-model.ts';
import { writeParts, type Part } from '../../storage/checksums.ts';
import type { InstallRecord } from '../../storage/records.ts';
import {
  identifySource,
  openSources,
  requirePublishedHash,
  sourceIdentity,
} from '../../catalogue/sources.ts';
import { ensureFreeSpace } from '../../storage/free-space.ts';
import { readAhead } from '../read-ahead.ts';
import type { HashSetup } from '../../../transcode/run/workers/hash-thread.ts';

/** What is hashed and journalled as one, and re-read as one when Verify finds it bad. A multiple of the read size. */
export const SEGMENT_BYTES = 16 * 1024 * 1024;
/** One range request. */
const READ_BYTES = 4 * 1024 * 1024;

const journalSchema = z.object({
  version: z.literal(1),
  /** `sourceIdentity` of what was copied so far. The row's can be a newer one, of which nothing is here yet. */
  source: z.string().max(5000),
  /** Bytes written, flushed and hashed; a multiple of the segment size. */
  doneBytes: z.number().int().nonnegative(),
  /** SHA-256's inner state at `doneBytes`, base64. */
  hashState: z.string().max(1000),
  parts: z.array(z.object({ name: z.string(), bytes: z.number(), sha256: z.string() })),
});
type GgufJournal = z.infer<typeof journalSchema>;

/**
 * @returns the row, `ready`.
 * @throws AppError `bytes/*`, `transcode/*` for what is no GGUF, `models/not-enough-space`, `models/source-mismatch`
 *   (everything written is deleted), `storage/*`, `aborted`.
 */
export async function keepGguf(
  run: AcquisitionRun,
  start: InstallRecord,
  chosen: readonly ChosenFile[],
  { createHashThread }: HashSetup = {},
): Promise<InstallRecord> {
  const opened = await openSources(run, start.acquisition.origin, chosen);
  const { record } = await identifySource(run, start, opened);
  const source = onlySource(opened.files);
  const sizes = sizesOfGguf(await parseGguf(source, run.signal));
  const file = await run.openGguf(record.fileName);
  const thread = createHashThread?.();
  try {
    const journal = await loadJournal(run, record, file.size);
    await ensureFreeSpace(source.size - journal.doneBytes, run.storage);
    const sha256 = await copy(run, record, source, file, journal, thread ?? wasmHashing);
    if (!(await requirePublishedHash(run, record, [{ name: source.name, sha256 }]))) {
      run.tell({ kind: 'not-compared', name: source.name });
    }
    await run.store.deleteJournal(record.id);
    const progress = { doneBytes: source.size, totalBytes: source.size };
    return {
      ...record,
      sizes,
      status: 'ready',
      stopped: null,
      source: { ...record.source, sha256 },
      progress,
      storedBytes: source.size,
      verifiedAt: run.now(),
    };
  } catch (thrown) {
    if (thrown instanceof AppError && thrown.code === 'models/source-mismatch') {
      file.truncate(0);
      await run.store.deleteJournal(record.id);
    }
    throw thrown;
  } finally {
    thread?.close();
    file.close();
  }
}

/**
 * Re-reads bad segments of a kept file from its source and writes them in place.
 * @throws AppError `models/damaged` when what the source delivers is not what was first stored either.
 */
export async function repairGguf(
  run: AcquisitionRun,
  record: InstallRecord,
  chosen: readonly ChosenFile[],
  bad: readonly Part[],
): Promise<void> {
  const opened = await openSources(run, record.acquisition.origin, chosen);
  const source = onlySource(opened.files);
  const file = await run.openGguf(record.fileName);
  try {
    for (const part of bad) {
      const offset = Number(part.name) * SEGMENT_BYTES;
      const bytes = await source.read(offset, part.bytes, run.signal);
      if ((await sha256Of(bytes)) !== part.sha256) {
        throw new AppError('models/damaged', `segment ${part.name} from the source differs too`, {
          part: part.name,
        });
      }
      file.write(bytes, offset);
    }
    file.flush();
  } finally {
    file.close();
  }
}

async function copy(
  run: AcquisitionRun,
  record: InstallRecord,
  source: ByteSource,
  file: {
    write(bytes: Uint8Array<ArrayBuffer>, offset: number): void;
    flush(): void;
    truncate(size: number): void;
  },
  journal: GgufJournal,
  hashing: Pick<Hashing, 'sha256'>,
): Promise<string> {
  const whole = await hashing.sha256(journal.hashState === '' ? undefined : fromBase64(journal.hashState));
  const parts: Part[] = [...journal.parts];
  const rate = new ProgressMeter(run.now);
  file.truncate(journal.doneBytes);
  let done = journal.doneBytes;
  const segment = new Uint8Array(Math.min(SEGMENT_BYTES, source.size - done));
  let inSegment = 0;
  /** What was read last is hashed on its thread while the next is awaited. */
  let hashed: Promise<unknown> = Promise.resolve();
  const chunks = readAhead(source, done, source.size, {
    readBytes: READ_BYTES,
    parallel: 4,
    signal: run.signal,
  });
  for await (const bytes of chunks) {
    file.write(bytes, done);
    segment.set(bytes, inSegment);
    done += bytes.byteLength;
    inSegment += bytes.byteLength;
    await hashed;
    hashed = whole.update(bytes);
    hashed.catch(() => undefined); // told when its turn comes
    run.report({
      phase: 'transferring',
      doneBytes: done,
      totalBytes: source.size,
      bytesPerSecond: rate.measure(done, source.size).bytesPerSecond ?? 0,
    });
    if (inSegment < SEGMENT_BYTES && done < source.size) continue;
    const sha256 = await sha256Of(segment.subarray(0, inSegment));
    parts.push({ name: String(parts.length), bytes: inSegment, sha256 });
    inSegment = 0;
    file.flush();
    await hashed;
    await saveJournal(
      run,
      record,
      { ...journal, doneBytes: done, hashState: stateOf(whole), parts },
      source.size,
    );
  }
  await hashed;
  await writeParts(run.store, record.id, parts);
  return whole.digest();
}

async function saveJournal(
  run: AcquisitionRun,
  record: InstallRecord,
  journal: GgufJournal,
  totalBytes: number,
): Promise<void> {
  await run.store.writeJournal(record.id, journal);
  await updateRecord(run, record, {
    progress: { doneBytes: journal.doneBytes, totalBytes },
    storedBytes: journal.doneBytes,
  });
}

/** A journal of another source, that claims more than the file holds, or whose hash can't go on, is worth nothing. */
async function loadJournal(
  run: AcquisitionRun,
  record: InstallRecord,
  fileSize: number,
): Promise<GgufJournal> {
  const source = sourceIdentity(record.source);
  const parsed = journalSchema.safeParse(await run.store.readJournal(record.id));
  const usable =
    parsed.success &&
    parsed.data.source === source &&
    parsed.data.doneBytes <= fileSize &&
    parsed.data.hashState !== '';
  return usable ? parsed.data : { version: 1, source, doneBytes: 0, hashState: '', parts: [] };
}

function stateOf(hash: StreamHash): string {
  const state = hash.save();
  return state === null ? '' : toBase64(state);
}

function onlySource(files: readonly ByteSource[]): ByteSource {
  const [source] = files;
  if (!source || files.length !== 1) {
    throw new AppError('models/no-weights', `expected one GGUF file, got ${String(files.length)}`, {
      files: files.length,
    });
  }
  return source;
}
