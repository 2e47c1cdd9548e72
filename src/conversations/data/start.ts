/** What the page does once for its conversations: opens them, finds replies a crash cut off, ends Undo when it is over. */
import { storageError } from '../../database/database-error.ts';
import { onAllDeleted, purgeDeleted } from './lifetime/deletion.ts';
import { setStorageHealth, storageHealth } from '../../database/health.ts';
import { markInterrupted } from '../messages/replies.ts';
import { recover } from './lifetime/recovery.ts';
import { removeExpired } from './lifetime/retention.ts';
import { conversationStore, type Store, whenRemoved } from './store.ts';

/** Deleted chats go for good at most this long after Undo is over. */
const HOUSEKEEPING_MS = 30_000;

let started: Promise<void> | null = null;

/** From the page's start; later calls do nothing. Never rejects: what goes wrong is in the storage's health. */
export function startConversations(): Promise<void> {
  started ??= start();
  return started;
}

async function start(): Promise<void> {
  whenRemoved(recover);
  let store: Store;
  try {
    store = await conversationStore();
  } catch {
    // Opening tells the health why.
    return;
  }
  onAllDeleted(store, () => {
    // What is on screen and in its box is of chats that are gone.
    location.hash = '#/';
    location.reload();
  });
  await attempt(() => markInterrupted(store));
  const tidy = (): void =>
    void attempt(async () => {
      await purgeDeleted(store);
      await removeExpired(store);
    });
  tidy();
  setInterval(tidy, HOUSEKEEPING_MS);
}

async function attempt(work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (thrown) {
    const { kind } = storageHealth();
    // These states explain a failed write already.
    if (kind === 'version' || kind === 'full') return;
    const error = storageError(thrown);
    // Done when it is unlocked, or a while later.
    if (error.code === 'storage/locked') return;
    setStorageHealth({ kind: 'failed', error, unsaved: 0 });
  }
}
