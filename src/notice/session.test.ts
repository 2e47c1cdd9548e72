import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { IDLE_LIMIT_MS, startNoticeSession } from './session.ts';
import type { NoticeEnvironment, NoticeState } from './session.ts';
import * as text from './text.ts';

const HOUR = 60 * 60 * 1000;

/** Web Locks among the tabs of one browser: first come, first served, until the tab closes. */
class FakeLocks {
  readonly held = new Set<string>();

  forTab(): { locks: Pick<LockManager, 'request'>; close: () => void } {
    const mine: string[] = [];
    const request = async (
      name: string,
      options: { signal: AbortSignal },
      granted: (lock: null) => Promise<unknown>,
    ) => {
      while (this.held.has(name)) {
        options.signal.throwIfAborted();
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
      this.held.add(name);
      mine.push(name);
      return granted(null);
    };
    return {
      locks: { request: request as LockManager['request'] },
      close: () => {
        for (const name of mine) this.held.delete(name);
      },
    };
  }
}

class Tab {
  storage = new Map<string, string>();
  locks: FakeLocks;
  page = new EventTarget();
  states: NoticeState[] = [];
  session: ReturnType<typeof startNoticeSession> | null = null;
  private closeLocks: () => void = () => undefined;

  constructor(locks: FakeLocks, storage?: Map<string, string>) {
    this.locks = locks;
    if (storage) this.storage = new Map(storage);
  }

  async open(navigationType: string, over: Partial<NoticeEnvironment> = {}): Promise<void> {
    this.page = new EventTarget();
    const { locks, close } = this.locks.forTab();
    this.closeLocks = close;
    const storage = this.storage;
    this.session = startNoticeSession(
      {
        now: () => Date.now(),
        navigationType: () => navigationType,
        storage: () => ({
          getItem: (key) => storage.get(key) ?? null,
          setItem: (key, value) => void storage.set(key, value),
          removeItem: (key) => void storage.delete(key),
        }),
        locks,
        newId: () => String(Math.random()),
        page: this.page,
        ...over,
      },
      (state) => this.states.push(state),
    );
    await vi.advanceTimersByTimeAsync(2500);
    await this.session.checked;
  }

  close(): void {
    this.page.dispatchEvent(new Event('pagehide'));
    this.closeLocks();
  }

  async reload(over: Partial<NoticeEnvironment> = {}): Promise<void> {
    this.close();
    await this.open('reload', over);
  }

  get state(): NoticeState | undefined {
    return this.states.at(-1);
  }

  touch(): void {
    this.page.dispatchEvent(new Event('keydown'));
  }
}

async function acknowledgedTab(locks = new FakeLocks()): Promise<Tab> {
  const tab = new Tab(locks);
  await tab.open('navigate');
  tab.session?.acknowledge();
  return tab;
}

beforeEach(() => {
  vi.useFakeTimers({ now: 1_000_000_000_000 });
  // Node's own timer, which fake timers do not reach.
  vi.spyOn(AbortSignal, 'timeout').mockImplementation((ms) => {
    const controller = new AbortController();
    setTimeout(() => controller.abort(), ms);
    return controller.signal;
  });
});

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

describe('the notice’s session', () => {
  it('asks at the first opening and records time and version', async () => {
    const tab = new Tab(new FakeLocks());
    await tab.open('navigate');
    expect(tab.states.map((state) => state.phase)).toEqual(['checking', 'asking']);
    const pressedAt = Date.now();
    tab.session?.acknowledge();
    expect(tab.state).toEqual({
      phase: 'acknowledged',
      acknowledgedAt: pressedAt,
      version: text.NOTICE_VERSION,
    });
  });

  it('keeps the acknowledgement and its time across reloads', async () => {
    const tab = await acknowledgedTab();
    const first = tab.state;
    vi.setSystemTime(Date.now() + HOUR);
    await tab.reload();
    expect(tab.state).toEqual(first);
    await tab.reload();
    expect(tab.state).toEqual(first);
  });

  it.each(['navigate', 'back_forward', 'prerender'])(
    'asks again in a tab that got a copy of the storage and opened by %s, also after a reload of it',
    async (type) => {
      const locks = new FakeLocks();
      const original = await acknowledgedTab(locks);
      const copy = new Tab(locks, original.storage);
      await copy.open(type);
      expect(copy.state).toMatchObject({ phase: 'asking', because: 'new-session' });
      original.close();
      await copy.reload();
      expect(copy.state?.phase).toBe('asking');
    },
  );

  it('asks in a tab restored after it was closed', async () => {
    const tab = await acknowledgedTab();
    tab.close();
    await tab.open('back_forward');
    expect(tab.state?.phase).toBe('asking');
  });

  it('asks in a duplicate that calls itself a reload while the original is open', async () => {
    const locks = new FakeLocks();
    const original = await acknowledgedTab(locks);
    const copy = new Tab(locks, original.storage);
    await copy.open('reload');
    expect(copy.state?.phase).toBe('asking');
    await original.reload();
    expect(original.state?.phase).toBe('acknowledged');
  });

  it('asks again after eight hours without use, and not before', async () => {
    const tab = await acknowledgedTab();
    await vi.advanceTimersByTimeAsync(IDLE_LIMIT_MS - 1000);
    expect(tab.state?.phase).toBe('acknowledged');
    tab.touch();
    await vi.advanceTimersByTimeAsync(IDLE_LIMIT_MS - 1000);
    expect(tab.state?.phase).toBe('acknowledged');
    await vi.advanceTimersByTimeAsync(1000);
    expect(tab.state).toMatchObject({ phase: 'asking', because: 'idle' });
    tab.session?.acknowledge();
    expect(tab.state?.phase).toBe('acknowledged');
  });

  it.each(['visibilitychange', 'pageshow', 'keydown'])(
    'notices on %s that the machine slept through the limit',
    async (event) => {
      const tab = await acknowledgedTab();
      vi.setSystemTime(Date.now() + IDLE_LIMIT_MS);
      tab.page.dispatchEvent(new Event(event));
      expect(tab.state).toMatchObject({ phase: 'asking', because: 'idle' });
    },
  );

  it('asks when the clock was set back by so much that nobody knows how long it was', async () => {
    const tab = await acknowledgedTab();
    vi.setSystemTime(Date.now() - IDLE_LIMIT_MS + HOUR);
    tab.page.dispatchEvent(new Event('focus'));
    expect(tab.state?.phase).toBe('acknowledged');
    vi.setSystemTime(Date.now() - 30 * 24 * HOUR);
    tab.page.dispatchEvent(new Event('focus'));
    expect(tab.state).toMatchObject({ phase: 'asking', because: 'idle' });
    tab.session?.acknowledge();
    tab.close();
    vi.setSystemTime(Date.now() - IDLE_LIMIT_MS);
    await tab.open('reload');
    expect(tab.state).toMatchObject({ phase: 'asking', because: 'new-session' });
  });

  it('asks on a reload after eight hours without use, counted from the last activity', async () => {
    const tab = await acknowledgedTab();
    await vi.advanceTimersByTimeAsync(5 * HOUR);
    tab.touch();
    tab.close();
    vi.setSystemTime(Date.now() + 5 * HOUR);
    await tab.open('reload');
    expect(tab.state?.phase).toBe('acknowledged');
    tab.close();
    vi.setSystemTime(Date.now() + 8 * HOUR);
    await tab.open('reload');
    expect(tab.state?.phase).toBe('asking');
  });

  it('asks when the notice changed between two loads', async () => {
    const tab = await acknowledgedTab();
    for (const [key, value] of tab.storage) {
      tab.storage.set(key, value.replace(text.NOTICE_VERSION, '2020-01-01'));
    }
    tab.page = new EventTarget();
    await tab.reload();
    expect(tab.state?.phase).toBe('asking');
  });

  it('lives in memory where storage throws', async () => {
    const forbidden: Partial<NoticeEnvironment> = {
      storage: () => {
        throw new DOMException('denied', 'SecurityError');
      },
    };
    const tab = new Tab(new FakeLocks());
    await tab.open('navigate', forbidden);
    tab.session?.acknowledge();
    expect(tab.state?.phase).toBe('acknowledged');
    await tab.reload(forbidden);
    expect(tab.state?.phase).toBe('asking');
  });

  it('needs no Web Locks for a plain reload', async () => {
    const tab = new Tab(new FakeLocks());
    await tab.open('navigate', { locks: null });
    tab.session?.acknowledge();
    await tab.reload({ locks: null });
    expect(tab.state?.phase).toBe('acknowledged');
  });

  it.each(['not json', '{"id":""}', '{"id":"x","version":1}'])('asks when the record is %s', async (bad) => {
    const tab = await acknowledgedTab();
    const [key] = tab.storage.keys();
    tab.page = new EventTarget();
    tab.storage.set(key ?? '', bad);
    await tab.reload();
    expect(tab.state?.phase).toBe('asking');
  });
});

describe('the notice’s text', () => {
  it('changes its version when a word changes', () => {
    const words = JSON.stringify([
      text.ADVISORY_QUOTE,
      text.QUOTE_AUTHOR,
      text.NOTICE_PARAGRAPHS,
      text.NOTICE_ON_SERVER,
    ]);
    // To change the text: give NOTICE_VERSION a new date, then put the new hash here.
    expect([text.NOTICE_VERSION, createHash('sha256').update(words).digest('hex')]).toEqual([
      '2026-11-29',
      'f9f7d3e43979338e6209b37b80107058099115570563cedadf7f9636633763e2',
    ]);
  });
});
