/** The open store: the database or, where there is none, memory with the same face; and what writing to it needs. */
import { create } from 'zustand';
import { deferred } from '../../lib/deferred.ts';
import { AppError } from '../../errors/app-error.ts';
import type { ChatDatabase, IndexedDbApi } from '../../database/database.ts';
import { DATABASE_NAME, storageError } from '../../database/database-error.ts';
import { setStorageHealth, storageHealth } from '../../database/health.ts';
import { localReplyLocks, type ReplyLocks, webReplyLocks } from '../messages/reply-locks.ts';
import { isPrivateSession } from '../../preferences/private-session.ts';
import { flushAll, WriteQueue } from '../../database/write-queue.ts';
import { passDoor } from './tab/door.ts';
import { tabSession } from './tab/tab-session.ts';

export interface Store {
  readonly db: ChatDatabase;
  readonly locks: ReplyLocks;
  readonly queue: WriteQueue;
  /** Milliseconds since the epoch; later than every time handed out before, so that order by time is order of events. */
  readonly now: () => number;
  /** False: everything ends with this tab. */
  readonly persistent: boolean;
  /** This tab's session, kept over reloads: deletions show Undo where they were made. */
  readonly tab: string;
}

/**
 * A time-ordered id of 21 characters (9 of time, 12 random ones of base 36: 62 bits): rows of one chat lie near each other
 * on the disk, and two tabs never make the same one.
 */
export function newId(time: number = Date.now()): string {
  const random = Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => (byte % 36).toString(36));
  return time.toString(36).padStart(9, '0') + random.join('');
}

/** A clock that never stands still or goes back within this tab. */
export function steadyClock(read: () => number = Date.now): () => number {
  let last = 0;
  return () => {
    last = Math.max(read(), last + 1);
    return last;
  };
}

export function createStore(
  db: ChatDatabase,
  options: {
    readonly persistent: boolean;
    readonly locks: ReplyLocks;
    readonly tab?: string;
    readonly now?: () => number;
  },
): Store {
  const queue = new WriteQueue({
    onUnsaved: (error, unsaved) => {
      const kind = storageHealth().kind;
      // It waits for the passphrase, and says so where it is asked for.
      if (error.code === 'storage/locked') return;
      // A connection lost to a newer version explains every failed write after it.
      if (kind === 'version') return;
      const why = explained(error);
      setStorageHealth({ kind: why.code === 'storage/full' ? 'full' : 'failed', error: why, unsaved });
    },
    onSaved: () => {
      if (storageHealth().kind !== 'version') setStorageHealth(restingHealth(options.persistent));
    },
    onRetry: async () => {
      // Not waited for: it has the queue try, too.
      if (await isOpenedAgain(db)) void comeBack(store);
    },
  });
  const store: Store = {
    db,
    queue,
    locks: options.locks,
    now: options.now ?? steadyClock(),
    persistent: options.persistent,
    tab: options.tab ?? newId(),
  };
  return store;
}

/** Runs a write a person waits for. @throws AppError `storage/full`, `storage/version` or `storage/failed`; nothing is half written. */
export async function write<T>(store: Store, work: () => PromiseLike<T>): Promise<T> {
  try {
    // Before anything is written: a database that is empty was removed meanwhile, and that is told.
    if (await isOpenedAgain(store.db)) await comeBack(store);
    const result = await work();
    if (storageHealth().kind === 'full' && store.queue.error) void store.queue.retry();
    else if (storageHealth().kind === 'full') setStorageHealth(restingHealth(store.persistent));
    return result;
  } catch (thrown) {
    const health = storageHealth();
    if (health.kind === 'version') throw health.error;
    const error = explained(storageError(thrown));
    if (error.code === 'storage/full') setStorageHealth({ kind: 'full', error, unsaved: store.queue.size });
    throw error;
  }
}

/**
 * Chromium says only once that its disk is full. It closes the database then, and of every try to open it says “Internal error”: as long
 * as no write got through, that is the same full disk.
 */
function explained(error: AppError): AppError {
  const health = storageHealth();
  if (health.kind !== 'full' || error.code !== 'storage/failed') return error;
  return new AppError('storage/full', error.message, error.details, { cause: error });
}

/** Where the browser closed the connection, e.g. on a full disk, nothing works until it is opened anew. @throws AppError `storage/*` */
async function isOpenedAgain(db: ChatDatabase): Promise<boolean> {
  return !db.isOpen() && (await db.openAgain());
}

/** Live queries ended with the connection: another object of the same content makes every screen ask anew. */
function askAnew(): void {
  const { store } = useStore.getState();
  if (store) useStore.setState({ store: { ...store } });
}

let memoryError = new AppError('storage/unavailable', 'There is no IndexedDB');

function restingHealth(persistent: boolean): Parameters<typeof setStorageHealth>[0] {
  if (persistent) return { kind: 'ok' };
  return isPrivateSession() ? { kind: 'private' } : { kind: 'memory-only', error: memoryError };
}

/** A database that opens neither fails nor asks is as good as none after this long; upgrades that wait for a tab are exempt. */
const OPEN_TIMEOUT_MS = 10_000;

/** The store of this page, as React and everything else sees it; null until it is open. */
export const useStore = create<{ readonly store: Store | null }>(() => ({ store: null }));

let opening: Promise<Store> | null = null;

/**
 * The store of this page; opened on the first call. Without IndexedDB it lives in memory and the health says so.
 * @throws AppError `storage/version` when a newer app wrote the database: nothing may be written then.
 */
export function conversationStore(): Promise<Store> {
  opening ??= openStore();
  return opening;
}

async function openStore(): Promise<Store> {
  const store = isPrivateSession() ? await openInMemory() : await openPersistent().catch(openDespite);
  useStore.setState({ store });
  watchPage(store);
  return store;
}

async function openDespite(thrown: unknown): Promise<Store> {
  const error = storageError(thrown, 'storage/unavailable');
  if (error.code === 'storage/version') {
    setStorageHealth({ kind: 'version', error });
    throw error;
  }
  memoryError = error;
  return openInMemory();
}

/** Comes when the store is opened, not with the first load. */
function databaseCode() {
  return import('../../database/database.ts');
}

async function openPersistent(): Promise<Store> {
  if (typeof indexedDB === 'undefined') throw new AppError('storage/unavailable', 'There is no IndexedDB');
  const { openDatabase } = await databaseCode();
  const timeout = deferred<never>();
  const timer = setTimeout(() => {
    timeout.reject(
      new AppError('storage/unavailable', 'IndexedDB did not answer', { afterMs: OPEN_TIMEOUT_MS }),
    );
  }, OPEN_TIMEOUT_MS);
  let db: ChatDatabase;
  try {
    db = await Promise.race([
      openDatabase({
        onBlocked: (error) => {
          clearTimeout(timer);
          setStorageHealth({ kind: 'blocked', error });
        },
        onOutdated: (error) => {
          setStorageHealth({ kind: 'version', error });
        },
        onRemoved: () => {
          const { store } = useStore.getState();
          // Before it is open there is nothing to save.
          if (store) void comeBack(store);
        },
      }),
      timeout.promise,
    ]);
  } finally {
    clearTimeout(timer);
  }
  setStorageHealth({ kind: 'ok' });
  const locks = pageLocks();
  const tab = await tabSession({ locks, navigationType, storage: () => sessionStorage, newId });
  await passDoor(db, true);
  return createStore(db, { persistent: true, locks, tab });
}

async function openInMemory(): Promise<Store> {
  // A complete IndexedDB in memory: the same transactions, indexes and live queries, so there is one repository, not two.
  const [{ IDBFactory, IDBKeyRange }, { openDatabase }, { default: Dexie }] = await Promise.all([
    import('fake-indexeddb'),
    databaseCode(),
    import('dexie'),
  ]);
  const api: IndexedDbApi = { indexedDB: new IDBFactory(), IDBKeyRange };
  // Live queries ask for a global IndexedDB and never answer without one, whatever their database has
  // (https://github.com/dexie/Dexie.js, src/live-query/live-query.ts).
  if (typeof indexedDB === 'undefined') Object.assign(Dexie.dependencies, api);
  const ignore = (): void => undefined;
  const db = await openDatabase(
    { onBlocked: ignore, onOutdated: ignore },
    { name: `${DATABASE_NAME}-memory`, api },
  );
  setStorageHealth(restingHealth(false));
  await passDoor(db, false);
  return createStore(db, { persistent: false, locks: localReplyLocks() });
}

function pageLocks(): ReplyLocks {
  // Missing on insecure origins in spite of its type.
  const manager = (navigator as { readonly locks?: LockManager }).locks;
  return manager ? webReplyLocks(manager) : localReplyLocks();
}

let onRemoval: (store: Store) => Promise<void> = () => Promise.resolve();

/** @param handler opens the database anew when the browser removed it under this page, and saves what is in memory. */
export function whenRemoved(handler: typeof onRemoval): void {
  onRemoval = handler;
}

async function comeBack(store: Store): Promise<void> {
  await onRemoval(store);
  askAnew();
}

function navigationType(): string {
  const [entry] = performance.getEntriesByType('navigation');
  return entry instanceof PerformanceNavigationTiming ? entry.type : 'navigate';
}

/** Whether this page's memory holds chats nobody saved: the browser asks before they end with the page. */
let heldInMemory = false;

export function setHeldInMemory(held: boolean): void {
  heldInMemory = held;
}

function watchPage(store: Store): void {
  const flush = (): void => {
    if (document.visibilityState === 'hidden') void flushAll();
  };
  document.addEventListener('visibilitychange', flush);
  window.addEventListener('pagehide', () => void flushAll());
  window.addEventListener('focus', () => {
    if (store.queue.error) void store.queue.retry();
  });
  window.addEventListener('beforeunload', (event) => {
    // Earlier than `pagehide`, whose writes may end with the page.
    void flushAll();
    // Only where text would be lost: the browser then asks.
    if (store.queue.error && store.queue.size > 0) event.preventDefault();
    if (heldInMemory) event.preventDefault();
  });
  // A private session was asked for, and counts what can be saved of it (app/shell/private-badge.tsx).
  if (store.persistent || isPrivateSession()) return;
  store.db
    .live(() => store.db.conversations.count())
    .subscribe((chats) => {
      setHeldInMemory(chats > 0);
    });
}
