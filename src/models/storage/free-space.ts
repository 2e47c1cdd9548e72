/** Whether the browser has room for a model, asked before anything is fetched. */
import { AppError } from '../../errors/app-error.ts';

/** The part of `navigator.storage` this needs, so that tests can stand in for it. */
export interface StorageApi {
  estimate(): Promise<{ readonly usage?: number; readonly quota?: number }>;
  persist?(): Promise<boolean>;
}

export interface FreeSpace {
  /** Bytes this origin may still write, as the browser estimates it. */
  readonly freeBytes: number;
  /** The browser promised not to evict what is stored. */
  readonly persistent: boolean;
}

/**
 * Left free: other tabs, the chats, and the slack of an estimate that browsers round on purpose. (Newer Chromium tells every page
 * of 10 GiB beyond what it uses: there it is the write itself that finds a full disk, as `storage/full`.)
 */
const RESERVE_BYTES = 64_000_000;

/**
 * Asks the browser to keep what it stores, then compares.
 * @param neededBytes still to be written.
 * @throws AppError `models/not-enough-space` with `neededBytes`, `freeBytes`; `storage/unavailable`.
 */
export async function ensureFreeSpace(
  neededBytes: number,
  storage: StorageApi = navigator.storage,
): Promise<FreeSpace> {
  const persistent = await askToPersist(storage);
  const { usage = 0, quota } = await storage.estimate();
  // A browser that gives no quota gives no answer: the write itself will say when the disk is full.
  if (quota === undefined) return { freeBytes: Number.MAX_SAFE_INTEGER, persistent };
  const freeBytes = Math.max(0, quota - usage - RESERVE_BYTES);
  if (freeBytes < neededBytes) {
    throw new AppError(
      'models/not-enough-space',
      `needs ${String(neededBytes)} bytes, ${String(freeBytes)} free`,
      {
        neededBytes,
        freeBytes,
      },
    );
  }
  return { freeBytes, persistent };
}

async function askToPersist(storage: StorageApi): Promise<boolean> {
  // Absent in workers of some browsers; a refusal only means that the browser may evict, which is no reason to stop.
  if (typeof storage.persist !== 'function') return false;
  try {
    return await storage.persist();
  } catch {
    return false;
  }
}
