/**
 * Whether this session has seen the notice. A session is one opening of the app in a tab: a reload keeps the
 * acknowledgement; a new tab or window, a duplicated or restored tab, and eight hours without use ask again.
 *
 * sessionStorage alone can't tell: browsers copy it into duplicated, restored and window.open'd tabs. Only a real reload
 * has navigation type `reload` (measured in Chromium 156: duplicate, restore, discard and history give `back_forward`,
 * window.open `navigate`), and on any other way in the copied record is thrown away at once, so that a later reload of
 * that tab does not find it. Where a browser calls a duplicate a reload, the Web Lock its original still holds gives it away.
 */
import { NOTICE_VERSION } from './text.ts';

export const IDLE_LIMIT_MS = 8 * 60 * 60 * 1000;

const STORAGE_KEY = 'meditron-web:notice';

/** How long a reload waits for the page before it to let go of the lock; it normally has by then. */
const LOCK_WAIT_MS = 2000;

/** Activity is written at most this often; a crash loses no more of it. */
const ACTIVITY_WRITE_MS = 60_000;

const ACTIVITY_EVENTS = ['pointerdown', 'keydown', 'wheel', 'touchmove'] as const;
const RETURN_EVENTS = ['visibilitychange', 'pageshow', 'focus'] as const;

export interface NoticeEnvironment {
  /** Milliseconds since the epoch. */
  now(): number;
  /** `PerformanceNavigationTiming.type` of this page. */
  navigationType(): string;
  /** This tab's sessionStorage. @throws where the browser forbids it; the acknowledgement then lives in memory only. */
  storage(): Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;
  /** null where there are no Web Locks (insecure origins). */
  readonly locks: Pick<LockManager, 'request'> | null;
  newId(): string;
  /** The window: where activity, return and leaving are heard. */
  readonly page: EventTarget;
}

export type NoticeState =
  /** Finding out, for a moment at the start. Nothing may be shown or loaded yet. */
  | { readonly phase: 'checking'; readonly acknowledgedAt: null; readonly version: null }
  | {
      readonly phase: 'asking';
      /** `idle`: the session was open and went unused; what is behind the notice stays as it is. */
      readonly because: 'new-session' | 'idle';
      readonly acknowledgedAt: null;
      readonly version: null;
    }
  | {
      readonly phase: 'acknowledged';
      /** Milliseconds since the epoch. */
      readonly acknowledgedAt: number;
      readonly version: string;
    };

interface SessionRecord {
  readonly id: string;
  readonly version: string;
  readonly acknowledgedAt: number;
  readonly lastActiveAt: number;
}

export interface NoticeSession {
  /** The person pressed “I understand”. */
  acknowledge(): void;
  /** Settles once `checking` is over. */
  readonly checked: Promise<void>;
}

/** Starts the one session of this page. @param publish is called with every new state, first of all `checking`. */
export function startNoticeSession(
  env: NoticeEnvironment,
  publish: (state: NoticeState) => void,
): NoticeSession {
  let record: SessionRecord | null = null;
  let writtenAt = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const ask = (because: 'new-session' | 'idle') => {
    record = null;
    clearTimeout(timer);
    removeRecord(env);
    publish({ phase: 'asking', because, acknowledgedAt: null, version: null });
  };

  const open = (opened: SessionRecord) => {
    record = { ...opened, lastActiveAt: env.now() };
    write();
    wait();
    publish({ phase: 'acknowledged', acknowledgedAt: opened.acknowledgedAt, version: opened.version });
  };

  const write = () => {
    if (record === null) return;
    writtenAt = env.now();
    writeRecord(env, record);
  };

  const wait = () => {
    clearTimeout(timer);
    if (record !== null) timer = setTimeout(check, record.lastActiveAt + IDLE_LIMIT_MS - env.now());
  };

  /** Also on return: timers stand still while the machine sleeps. */
  const check = () => {
    if (record === null) return;
    if (longSince(record, env.now())) ask('idle');
    else wait();
  };

  const onActivity = () => {
    check();
    if (record === null) return;
    record = { ...record, lastActiveAt: env.now() };
    if (Math.abs(env.now() - writtenAt) >= ACTIVITY_WRITE_MS) write();
  };

  for (const type of ACTIVITY_EVENTS) {
    env.page.addEventListener(type, onActivity, { capture: true, passive: true });
  }
  for (const type of RETURN_EVENTS) env.page.addEventListener(type, check);
  env.page.addEventListener('pagehide', write);

  const begin = async () => {
    const kept = env.navigationType() === 'reload' ? readRecord(env) : null;
    const current = kept?.version === NOTICE_VERSION && !longSince(kept, env.now());
    if (current && (await holdLock(env, kept.id))) open(kept);
    else ask('new-session');
  };

  publish({ phase: 'checking', acknowledgedAt: null, version: null });
  return {
    acknowledge() {
      if (record !== null) return;
      const now = env.now();
      const opened = { id: env.newId(), version: NOTICE_VERSION, acknowledgedAt: now, lastActiveAt: now };
      // The id is new, so the lock is free; it is held for tabs to come.
      void holdLock(env, opened.id);
      open(opened);
    },
    checked: begin(),
  };
}

/** Whether a session went unused for too long. A clock that was set back says nothing of how long it was: the safe side is to ask. */
function longSince({ lastActiveAt }: SessionRecord, now: number): boolean {
  return Math.abs(now - lastActiveAt) >= IDLE_LIMIT_MS;
}

/** Takes the lock named after a session for as long as the page lives. @returns false when another tab has it. */
function holdLock({ locks }: NoticeEnvironment, id: string): Promise<boolean> {
  if (locks === null) return Promise.resolve(true);
  return new Promise((resolve) => {
    const held = () => {
      resolve(true);
      return new Promise<never>(() => undefined);
    };
    // Whatever refuses the lock (timeout, opaque origin), this tab can't show that the session is its own.
    locks.request(`${STORAGE_KEY}:${id}`, { signal: AbortSignal.timeout(LOCK_WAIT_MS) }, held).catch(() => {
      resolve(false);
    });
  });
}

function readRecord(env: NoticeEnvironment): SessionRecord | null {
  try {
    const stored: unknown = JSON.parse(env.storage().getItem(STORAGE_KEY) ?? 'null');
    return isSessionRecord(stored) ? stored : null;
  } catch {
    return null; // No storage, no record or not ours: the notice is asked, which is the safe side.
  }
}

/** By hand: the notice is in the page's first bundle, where a schema library would weigh more than the notice. */
function isSessionRecord(value: unknown): value is SessionRecord {
  if (typeof value !== 'object' || value === null) return false;
  const { id, version, acknowledgedAt, lastActiveAt } = value as Partial<
    Record<keyof SessionRecord, unknown>
  >;
  return (
    typeof id === 'string' &&
    id !== '' &&
    typeof version === 'string' &&
    Number.isFinite(acknowledgedAt) &&
    Number.isFinite(lastActiveAt)
  );
}

function writeRecord(env: NoticeEnvironment, record: SessionRecord): void {
  try {
    env.storage().setItem(STORAGE_KEY, JSON.stringify(record));
  } catch {
    // Without storage the acknowledgement lives in memory, and a reload asks again.
  }
}

function removeRecord(env: NoticeEnvironment): void {
  try {
    env.storage().removeItem(STORAGE_KEY);
  } catch {
    // Without storage there is nothing to remove.
  }
}
