/**
 * When the browser closes the database under an open tab, because it removed it or because its disk is full: it is opened anew, and
 * what this tab has in memory (the chat on screen, the text in its box) is saved again. Whoever holds something registers how to.
 */
import { create } from 'zustand';
import type { ChatDatabase } from '../../../database/database.ts';
import { storageError } from '../../../database/database-error.ts';
import { setStorageHealth, storageHealth } from '../../../database/health.ts';
import type { Conversation, ShownMessage } from '../../../database/records.ts';
import { saveVaultAgain } from '../tab/door.ts';
import type { Store } from '../store.ts';
import { importConversations } from '../whole/whole-chats.ts';

/** The browser may still be at the removal: it is tried again, doubling the wait. */
const FIRST_WAIT_MS = 50;
const MOST_TRIES = 8;

/** How often it was removed in this tab: screens say so and read anew. */
export const useRemovals = create<{ readonly count: number }>(() => ({ count: 0 }));

type Saver = (store: Store) => Promise<void>;
const savers = new Set<Saver>();

/** @returns how to take it back. */
export function saveAfterRemoval(saver: Saver): () => void {
  savers.add(saver);
  return () => {
    savers.delete(saver);
  };
}

let recovering: Promise<void> | null = null;

/** Never rejects: a failure is in the storage's health. Calls while it is at work are the same call. */
export function recover(store: Store): Promise<void> {
  recovering ??= tryToRecover(store).finally(() => {
    recovering = null;
  });
  return recovering;
}

async function tryToRecover(store: Store): Promise<void> {
  // As of this moment: queries that find the new database empty take the chat off the screen, and its saver with it.
  const held = [...savers];
  for (let attempt = 0; ; attempt += 1) {
    try {
      if (!store.db.isOpen()) await store.db.open();
      const removed = !(await holdsChats(store.db));
      // Without the passphrase's row, what is saved sealed could never be read again.
      await saveVaultAgain(store.db);
      for (const save of held) await save(store);
      await store.queue.retry();
      if (removed) useRemovals.setState(({ count }) => ({ count: count + 1 }));
      return;
    } catch (thrown) {
      if (attempt === MOST_TRIES) {
        const error = storageError(thrown);
        const full = error.code === 'storage/full' || storageHealth().kind === 'full';
        // Then it is known already, and opened again by the next write.
        if (!full) setStorageHealth({ kind: 'failed', error, unsaved: store.queue.size });
        return;
      }
      await new Promise((done) => setTimeout(done, FIRST_WAIT_MS * 2 ** attempt));
    }
  }
}

/** Opening one that was removed makes an empty one. */
async function holdsChats({ conversations, messages, folders }: ChatDatabase): Promise<boolean> {
  for (const table of [conversations, messages, folders]) if ((await table.count()) > 0) return true;
  return false;
}

/** Puts a chat back as a screen had it. The exact prompts of its replies were on the disk alone. */
export async function saveChatAgain(
  store: Store,
  conversation: Conversation,
  messages: readonly ShownMessage[],
): Promise<void> {
  const whole = messages.map((message) => ({
    ...message,
    provenance: message.provenance && { ...message.provenance, prompt: '' },
  }));
  await importConversations(store, [{ conversation, messages: whole }]);
}
