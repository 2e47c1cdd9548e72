/** What every way of getting a model shares: its surroundings, its progress, and the row that outlives it. */
import { toWire, type ErrorDetails } from '../../../errors/app-error.ts';
import type { ByteSource } from '../../../lib/byte-source.ts';
import type { AppFetch } from '../../../network/egress.ts';
import type { InstallStore } from '../../storage/install-store.ts';
import type { Acquisition, InstallRecord } from '../../storage/records.ts';
import type { StorageApi } from '../../storage/free-space.ts';
import type { WritableGguf } from '../../storage/gguf-store.ts';

export type AcquisitionPhase =
  /** Reading headers, hashes and free space. */
  | 'preparing'
  /** Bytes come in (and are converted on the way). */
  | 'transferring'
  /** Stored parts are read and compared. */
  | 'checking'
  /** The last small files are written. */
  | 'finishing';

export interface AcquisitionProgress {
  readonly phase: AcquisitionPhase;
  readonly doneBytes: number;
  /** 0 while unknown. */
  readonly totalBytes: number;
  /** 0 while unknown. */
  readonly bytesPerSecond: number;
}

/** A file a person chose, with its path inside the chosen folder. */
export interface ChosenFile {
  readonly path: string;
  readonly file: File;
}

/** Everything a job touches outside itself, so that tests can stand in for all of it. */
export interface AcquisitionContext {
  readonly store: InstallStore;
  readonly caches: CacheStorage;
  readonly storage: StorageApi;
  /** Opens a file on the network for reading by ranges. @throws AppError `bytes/*`. */
  readonly openUrl: (url: string, signal: AbortSignal) => Promise<ByteSource>;
  /** Opens the kept GGUF called so. */
  readonly openGguf: (fileName: string) => Promise<WritableGguf>;
  readonly deleteGguf: (fileName: string) => Promise<number>;
  readonly readGguf: (fileName: string) => Promise<Blob | null>;
  readonly fetch: AppFetch;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Absolute URL of the app: prefix of every package's address. */
  readonly siteUrl: string;
  /** Part of an install's addresses that no earlier install had. */
  readonly newRevision: () => string;
}

export interface AcquisitionRun extends AcquisitionContext {
  readonly signal: AbortSignal;
  readonly report: (progress: AcquisitionProgress) => void;
  /** Tells every tab something worth knowing that is not an error. */
  readonly tell: (notice: AcquisitionNotice) => void;
}

export type AcquisitionNotice =
  /** The source is not the file the work began with: it started again from the beginning. */
  | { readonly kind: 'source-changed'; readonly name: string }
  /** The publisher's list could not be read, so the hash was not compared. */
  | { readonly kind: 'not-compared'; readonly name: string }
  /** The compiled library at a known address is another one than before. */
  | {
      readonly kind: 'library-changed';
      readonly url: string;
      readonly before: string;
      readonly after: string;
    }
  /** The model is here, its library is not: it can be imported. `code` of the error that says why. */
  | { readonly kind: 'library-missing'; readonly url: string; readonly code: string }
  | { readonly kind: 'repaired'; readonly parts: number }
  | { readonly kind: 'verified'; readonly parts: number; readonly bytes: number };

/** A row for an acquisition that has not read a byte yet. */
export function freshRecord(
  context: AcquisitionContext,
  acquisition: Acquisition,
  places: {
    readonly id: string;
    readonly baseUrl: string;
    readonly fileName: string;
  },
): InstallRecord {
  const now = context.now();
  return {
    acquisition,
    status: 'incomplete',
    stopped: null,
    ...places,
    superseded: null,
    source: { name: '', bytes: 0, etag: '', sha256: '' },
    publishedSha256: '',
    progress: { doneBytes: 0, totalBytes: 0 },
    storedBytes: 0,
    contextLength: 0,
    sizes: null,
    startedAt: now,
    updatedAt: now,
    verifiedAt: null,
  };
}

/** Writes a changed row. @returns the row as written. */
export async function updateRecord(
  context: AcquisitionContext,
  record: InstallRecord,
  changes: Partial<InstallRecord>,
): Promise<InstallRecord> {
  const next = { ...record, ...changes, updatedAt: context.now() };
  await context.store.put(next);
  return next;
}

/** How a job that threw leaves its row. */
export function stoppedBy(thrown: unknown, pausedByPerson: boolean): InstallRecord['stopped'] {
  if (pausedByPerson) return { by: 'person' };
  const { code, message, details } = toWire(thrown);
  return { by: 'error', error: { code, message, details: asRow(details) } };
}

/** Files name NaN and infinities as numbers, JSON and the rows know neither: such a row could not be read again. */
function asRow(details: ErrorDetails): Record<string, ErrorDetails[string]> {
  return Object.fromEntries(
    Object.entries(details).map(([name, value]) => [
      name,
      typeof value === 'number' && !Number.isFinite(value) ? String(value) : value,
    ]),
  );
}
