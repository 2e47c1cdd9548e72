/** For tests: stores on a database in memory. Two on one `universe` behave like two tabs of one browser. */
import { IDBFactory, IDBKeyRange } from 'fake-indexeddb';
import { type IndexedDbApi, openDatabase } from '../../database/database.ts';
import { localReplyLocks } from '../messages/reply-locks.ts';
import { tabLock } from './tab/tab-session.ts';
import { createStore, steadyClock, type Store } from './store.ts';

export interface Universe {
  readonly api: IndexedDbApi;
  readonly locks: ReturnType<typeof localReplyLocks>;
  /** The machine's clock, which somebody may set back or forth: added to the real one, in milliseconds. */
  readonly clock: { offset: number };
}

export function createUniverse(): Universe {
  return {
    api: { indexedDB: new IDBFactory(), IDBKeyRange },
    locks: localReplyLocks(),
    clock: { offset: 0 },
  };
}

export async function openTestStore(
  universe: Universe = createUniverse(),
  tab = 'tab-1',
  onRemoved: () => void = () => undefined,
): Promise<Store> {
  const db = await openDatabase(
    { onBlocked: () => undefined, onOutdated: () => undefined, onRemoved },
    { name: 'test', api: universe.api },
  );
  // As a tab of a page does; the same name again is the same tab, reloaded.
  if (!(await universe.locks.held([tabLock(tab)])).has(tabLock(tab))) await universe.locks.hold(tabLock(tab));
  const now = steadyClock(() => Date.now() + universe.clock.offset);
  return createStore(db, { persistent: true, locks: universe.locks, tab, now });
}

/** Ends a tab as a kill would: what it had not written is gone, and its locks are free. */
export function killTab(universe: Universe, store: Store): void {
  store.db.close();
  universe.locks.crash(tabLock(store.tab));
}
