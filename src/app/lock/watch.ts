/** Locks when nobody used the app, in any tab, for as long as the site or the person wants. */
import { useDoor } from '../../conversations/data/tab/door.ts';
import { useEngine } from '../../engine/tab/engine-store.ts';
import { keepKeyWhile, lock, onLocking } from '../../lock/keyring.ts';
import { listenToTabs } from '../../lock/make-way.ts';
import { usePreferences } from '../../preferences/preferences.ts';
import { usePolicy } from '../../preferences/site-policy.ts';
import { keepOpenFields, watchOpenFields } from './open-fields.ts';

/** When any tab was used last: they lock together. */
const KEY = 'meditron-used';
/** Written this often at most. */
const WRITE_MS = 2000;
const LOOK_MS = 5000;

const USE_EVENTS = ['pointerdown', 'pointermove', 'keydown', 'wheel', 'touchmove'] as const;
/** Timers stand still while the machine sleeps. */
const RETURN_EVENTS = ['visibilitychange', 'pageshow', 'focus'] as const;

/** The stricter of the two; null: never by itself. */
export function lockAfterMinutes(site: number | null, person: number | null): number | null {
  if (site === null || person === null) return site ?? person;
  return Math.min(site, person);
}

let started = false;

export function startWatch(): void {
  if (started) return;
  started = true;
  listenToTabs({
    lock: () => {
      lock({ everywhere: false });
    },
    keep: () => keepOpenFields(),
  });
  watchOpenFields();
  onLocking(() => void keepOpenFields());
  // A reload takes the fields away, too; once the page hides, no write of it gets through. Numbers, names and addresses of a form
  // that is still there may long have served.
  window.addEventListener('beforeunload', () => void keepOpenFields('texts'));
  keepKeyWhile(() => useEngine.getState().state.status === 'generating');
  let used = Date.now();
  let written = 0;
  const note = (): void => {
    used = Date.now();
    // Set back, it would otherwise be kept as used in the future.
    if (Math.abs(used - written) < WRITE_MS) return;
    written = used;
    try {
      localStorage.setItem(KEY, String(used));
    } catch {
      // Storage is forbidden: each tab counts for itself.
    }
  };
  const look = (): void => {
    const minutes = lockAfterMinutes(usePolicy.getState().lockMinutes, usePreferences.getState().lockMinutes);
    if (minutes === null || useDoor.getState().phase !== 'open') return;
    const last = Math.max(used, elsewhere());
    // A clock that was set back says nothing of how long it was.
    if (Math.abs(Date.now() - last) >= minutes * 60_000) lock();
  };
  const onUse = (): void => {
    look();
    note();
  };
  // Whoever unlocks begins anew.
  useDoor.subscribe(({ phase }) => {
    if (phase === 'open') note();
  });
  note();
  for (const type of USE_EVENTS) window.addEventListener(type, onUse, { capture: true, passive: true });
  for (const type of RETURN_EVENTS) window.addEventListener(type, look);
  setInterval(look, LOOK_MS);
}

function elsewhere(): number {
  try {
    return Number(localStorage.getItem(KEY) ?? 0);
  } catch {
    // As above.
    return 0;
  }
}
