/** For tests: stores on a database in memory. Two on one `universe` behave like two tabs of one browser. */
import { IDBFactory, IDBKeyRange } from 'fake-indexeddb';
import { type IndexedDbApi, openDatabase } from '../../database/database.ts';
import { localReplyLocks } from '../messages/reply-locks.ts';
import { createStore, steadyClock, type Store } from './store.ts';

export interface Universe {
  readonly api: IndexedDbApi;
  readonly locks: ReturnType<typeof localReplyLocks>;
}

export function createUniverse(): Universe {
  return { api: { indexedDB: new IDBFactory(), IDBKeyRange }, locks: localReplyLocks() };
}

export async function openTestStore(universe: Universe = createUniverse(), tab = 'tab-1'): Promise<Store> {
  const db = await openDatabase(
    { onBlocked: () => undefined, onOutdated: () => undefined },
    { name: 'test', api: universe.api },
  );
  return createStore(db, { persistent: true, locks: universe.locks, tab, now: steadyClock() });
}
