/**
 * Between the tabs of one browser. A tab with the database open holds a lock with all others; whoever turns encryption on or off
 * asks them to go and holds it alone, so that no tab writes rows in the form that has ended.
 */
import { AppError } from '../errors/app-error.ts';
import { flushAll } from '../database/write-queue.ts';
import { holdOpen, letGoOfOpen, OPEN_LOCK } from '../conversations/data/tab/door.ts';

const CHANNEL = 'meditron-vault';
/** A tab saves what it has and loads anew within this. */
const WAIT_MS = 10_000;

type Message = 'make-way' | 'lock';

let channel: BroadcastChannel | null = null;

function own(): BroadcastChannel {
  channel ??= new BroadcastChannel(CHANNEL);
  return channel;
}

/** @param told `lock`: another tab locked; `keep`: saves what is open here, before this page is loaded anew. */
export function listenToTabs(told: { readonly lock: () => void; readonly keep: () => Promise<void> }): void {
  own().onmessage = ({ data }: MessageEvent<Message>) => {
    if (data === 'lock') told.lock();
    else
      void Promise.all([told.keep(), flushAll()]).finally(() => {
        location.reload();
      });
  };
}

export function tellTabs(message: Message): void {
  own().postMessage(message);
}

/** Runs `work` while no other tab has the database open. @throws AppError `lock/other-tabs` */
export async function alone(work: () => Promise<void>): Promise<void> {
  // Missing on insecure origins in spite of its type; other tabs are asked all the same.
  const locks = (globalThis.navigator as { readonly locks?: LockManager } | undefined)?.locks;
  tellTabs('make-way');
  if (!locks) {
    await work();
    return;
  }
  letGoOfOpen();
  try {
    await locks.request(OPEN_LOCK, { signal: AbortSignal.timeout(WAIT_MS) }, work);
  } catch (thrown) {
    if (thrown instanceof AppError || !(thrown instanceof DOMException)) throw thrown;
    throw new AppError('lock/other-tabs', 'Another tab keeps the database open', {}, { cause: thrown });
  } finally {
    await holdOpen();
  }
}
