/**
 * Which tab this is. A reload stays the same tab; a duplicate, a restored tab and a new one are others: browsers copy
 * sessionStorage into those, and only a reload is told apart (see notice/session.ts). A tab holds a lock for as long as it lives,
 * so that others can tell what it left behind from what it is still at.
 */
import type { ReplyLocks } from '../../messages/reply-locks.ts';

const KEY = 'meditron-tab';
/** A page that is being reloaded lets go of its lock within this. */
const LOCK_WAIT_MS = 2000;

/** The name of the lock a tab holds. */
export function tabLock(tab: string): string {
  return `tab-${tab}`;
}

export interface TabSurroundings {
  readonly locks: ReplyLocks;
  readonly navigationType: () => string;
  /** @throws where the browser forbids it. */
  readonly storage: () => Pick<Storage, 'getItem' | 'setItem'>;
  readonly newId: () => string;
}

/** The id of this tab, whose lock is held from now on. */
export async function tabSession({
  locks,
  navigationType,
  storage,
  newId,
}: TabSurroundings): Promise<string> {
  const known = navigationType() === 'reload' ? remembered(storage) : null;
  const tab = known !== null && (await isFree(locks, known)) ? known : newId();
  await locks.hold(tabLock(tab));
  try {
    storage().setItem(KEY, tab);
  } catch {
    // Storage is forbidden: the id lasts until the next reload, after which what this tab left is offered as another's.
  }
  return tab;
}

function remembered(storage: TabSurroundings['storage']): string | null {
  try {
    return storage().getItem(KEY);
  } catch {
    // As above.
    return null;
  }
}

async function isFree(locks: ReplyLocks, tab: string): Promise<boolean> {
  try {
    await locks.whenFree(tabLock(tab), AbortSignal.timeout(LOCK_WAIT_MS));
    return true;
  } catch {
    // A tab that a browser called reloaded, and whose original lives.
    return false;
  }
}
