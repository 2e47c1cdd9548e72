/**
 * The lock, as everything but the lock itself sees it: whether the screen is shut, and where the store waits until a passphrase
 * opened it. Small: it stands in the way of the first paint. What a passphrase is made into is in `lock/`.
 */
import { create } from 'zustand';
import type { ChatDatabase } from '../../../database/database.ts';
import { deferred } from '../../../lib/deferred.ts';
import { isPrivateSession } from '../../../preferences/private-session.ts';
import { usePolicy } from '../../../preferences/site-policy.ts';

/** That there is a passphrase, and no word of it: the screen must be shut before the database is open. */
const HINT = 'meditron-lock';
const ROW = 'vault';

export interface Door {
  readonly phase:
    | 'open'
    /** A passphrase opens it. */
    | 'shut'
    /** The site wants a lock, and nobody has chosen a passphrase yet. */
    | 'choose';
  /** The database, once it is open, and the passphrase's row in it. */
  readonly found: { readonly db: ChatDatabase; readonly vault: unknown; readonly persistent: boolean } | null;
}

/** zustand: one per tab. */
export const useDoor = create<Door>(() => ({ phase: 'open', found: null }));

let opened = deferred<undefined>();
let asked = false;

/** Asked once, before anything of the app is drawn; the site's rules are known by then. */
export function beginDoor(): void {
  if (asked) return;
  asked = true;
  if (useDoor.getState().phase !== 'open') return;
  if (hinted() && !isPrivateSession()) shut();
  else if (usePolicy.getState().lockMinutes !== null) useDoor.setState({ phase: 'choose' });
}

/** Held with all other tabs by each that has the database open (lock/make-way.ts). */
export const OPEN_LOCK = 'meditron-open';

let letGo: (() => void) | null = null;

/** Resolves when the lock is held, which is at once unless a tab turns encryption on or off. */
export function holdOpen(): Promise<void> {
  // Missing on insecure origins in spite of its type.
  const locks = (globalThis.navigator as { readonly locks?: LockManager } | undefined)?.locks;
  if (!locks || letGo) return Promise.resolve();
  return new Promise((held, failed) => {
    locks
      .request(OPEN_LOCK, { mode: 'shared' }, () => {
        held();
        return new Promise<void>((done) => {
          letGo = done;
        });
      })
      .catch(failed);
  });
}

export function letGoOfOpen(): void {
  letGo?.();
  letGo = null;
}

/** The store's part: what was found, and the wait for who may see it. */
export async function passDoor(db: ChatDatabase, persistent: boolean): Promise<void> {
  if (persistent) await holdOpen();
  const vault: unknown = persistent ? (await db.settings.get(ROW))?.value : undefined;
  const { phase } = useDoor.getState();
  if (vault !== undefined) {
    hint(true);
    // Until its row has been read, nothing is known of whether rows are sealed.
    db.protection = { kind: 'locked' };
    shut();
  } else if (phase === 'shut') {
    hint(false);
    if (usePolicy.getState().lockMinutes === null) setOpen();
    else useDoor.setState({ phase: 'choose' });
  }
  useDoor.setState({ found: { db, vault, persistent } });
  if (useDoor.getState().phase !== 'open') await opened.promise;
}

/** After the database was removed under this page. */
export async function saveVaultAgain(db: ChatDatabase): Promise<void> {
  const { found } = useDoor.getState();
  if (found?.db === db && found.persistent && found.vault !== undefined)
    await db.settings.put({ key: ROW, value: found.vault });
}

export function shut(): void {
  if (useDoor.getState().phase === 'open') opened = deferred<undefined>();
  useDoor.setState({ phase: 'shut' });
}

export function setOpen(): void {
  useDoor.setState({ phase: 'open' });
  opened.resolve(undefined);
}

/** Notes for the next start whether there is a passphrase. */
export function hint(on: boolean): void {
  try {
    if (on) localStorage.setItem(HINT, 'yes');
    else localStorage.removeItem(HINT);
  } catch {
    // Storage is forbidden: the database, which is then memory, has no passphrase either.
  }
}

function hinted(): boolean {
  try {
    return localStorage.getItem(HINT) !== null;
  } catch {
    // As above.
    return false;
  }
}
