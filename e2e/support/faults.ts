/** The things that go wrong in `faults.spec.ts`, and what is read from the page's own database before and after them. */
import type { BrowserContext, CDPSession, Page } from '@playwright/test';

export const FAULTS = ['page', 'worker', 'service worker', 'network', 'disk', 'GPU'] as const;
export type FaultName = (typeof FAULTS)[number];

/** Numbers from 0 up to 1, the same for the same seed (mulberry32, public domain, Tommy Ettinger). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Runs in the page before its scripts: keeps every worker in reach, and lets the test fill the disk. */
export function instrument(): void {
  const workers: Worker[] = [];
  const disk = { full: false };
  Object.assign(window, { testWorkers: workers, testDisk: disk });
  const Original = window.Worker;
  window.Worker = class extends Original {
    constructor(url: string | URL, options?: WorkerOptions) {
      super(url, options);
      workers.push(this);
    }
  };
  const refuse = (): void => {
    if (disk.full) throw new DOMException('The quota has been exceeded.', 'QuotaExceededError');
  };
  // oxlint-disable-next-line typescript/unbound-method -- both are called with their store below
  const { add, put } = IDBObjectStore.prototype;
  IDBObjectStore.prototype.add = function (...args) {
    refuse();
    return add.apply(this, args);
  };
  IDBObjectStore.prototype.put = function (...args) {
    refuse();
    return put.apply(this, args);
  };
}

interface TestWindow {
  readonly testWorkers: Worker[];
  readonly testDisk: { full: boolean };
}

/** Makes it happen. @returns what puts it right again; a dead page stays dead. */
export async function inject(
  fault: FaultName,
  context: BrowserContext,
  page: Page,
  random: () => number,
): Promise<() => Promise<void>> {
  const nothing = (): Promise<void> => Promise.resolve();
  switch (fault) {
    case 'page': {
      const session = await context.newCDPSession(page);
      const gone = new Promise<void>((done) => page.once('crash', () => done()));
      // Its answer never comes: there is nobody left to give it.
      session.send('Page.crash').catch(() => undefined);
      await gone;
      await page.close();
      return nothing;
    }
    case 'worker':
      await page.evaluate((at) => {
        const { testWorkers } = window as unknown as TestWindow;
        const [worker] = testWorkers.splice(Math.floor(at * testWorkers.length), 1);
        worker?.terminate();
        worker?.dispatchEvent(new ErrorEvent('error', { message: 'killed by the test' }));
      }, random());
      return nothing;
    case 'service worker': {
      const session = await context.newCDPSession(page);
      await session.send('ServiceWorker.enable');
      await session.send('ServiceWorker.stopAllWorkers');
      await session.detach();
      return nothing;
    }
    case 'network':
      await context.setOffline(true);
      return () => context.setOffline(false);
    case 'disk': {
      const session = await context.newCDPSession(page);
      const { origin } = new URL(page.url());
      await fillDisk(page, session, origin, true);
      return async () => {
        await fillDisk(page, session, origin, false);
        await session.detach();
      };
    }
    case 'GPU': {
      const session = await context.browser()?.newBrowserCDPSession();
      await session?.send('Browser.crashGpuProcess').catch(() => undefined);
      return nothing;
    }
  }
}

/** The Cache API's writes fail by Chromium's own quota, the database's by the page's patch. */
async function fillDisk(page: Page, session: CDPSession, origin: string, full: boolean): Promise<void> {
  await session.send('Storage.overrideQuotaForOrigin', full ? { origin, quotaSize: 1000 } : { origin });
  await page.evaluate((value) => {
    (window as unknown as TestWindow).testDisk.full = value;
  }, full);
}

/** An update brings the next document when it is ready: what was asked of the one before it is asked again. */
const BETWEEN_DOCUMENTS =
  /Execution context was destroyed|interrupted by another navigation|net::ERR_ABORTED|frame was detached/;

export async function steady<T>(ask: () => Promise<T>): Promise<T> {
  for (let left = 5; ; left -= 1) {
    try {
      return await ask();
    } catch (thrown) {
      if (left === 0 || !BETWEEN_DOCUMENTS.test(String(thrown))) throw thrown;
    }
  }
}

export interface StoredMessage {
  readonly id: string;
  readonly role: string;
  readonly text: string;
  readonly status: string;
}

/** Every message in the database. */
export function storedMessages(page: Page): Promise<StoredMessage[]> {
  return page.evaluate(
    () =>
      new Promise<StoredMessage[]>((done, fail) => {
        const opening = indexedDB.open('meditron');
        opening.onerror = () => fail(new Error('the database does not open'));
        opening.onsuccess = () => {
          const rows = opening.result.transaction('messages').objectStore('messages').getAll();
          rows.onerror = () => fail(new Error('the messages can’t be read'));
          rows.onsuccess = () => {
            opening.result.close();
            done(
              (rows.result as StoredMessage[]).map(({ id, role, text, status }) => ({
                id,
                role,
                text,
                status,
              })),
            );
          };
        };
      }),
  );
}

/** @returns the messages of `before` that are not there any more, or whose finished text changed. */
export function lostMessages(
  before: readonly StoredMessage[],
  after: readonly StoredMessage[],
): readonly StoredMessage[] {
  const byId = new Map(after.map((message) => [message.id, message]));
  return before.filter((message) => {
    const now = byId.get(message.id);
    if (!now) return true;
    return message.status === 'streaming' ? !now.text.startsWith(message.text) : now.text !== message.text;
  });
}
