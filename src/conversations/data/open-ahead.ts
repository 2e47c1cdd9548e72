/**
 * After a passphrase was given, the newest chats are opened before anybody asks for them, a few rows whenever the page is at rest:
 * the first rows that a page opens take many times as long as later ones, until the browser has compiled what opens them, and what
 * was opened once is held (row-cipher.ts).
 */
import { listConversations } from './repository.ts';
import type { Store } from './store.ts';

const CHATS = 5;
/** Together: about four million bytes, of the sixteen that are held. */
const MESSAGES = 4000;
/** Some ten milliseconds, the first time. */
const AT_ONCE = 50;

/** @param rest resolves when the page has nothing else to do. @throws AppError `storage/locked` when it is locked meanwhile. */
export async function openAhead(store: Store, rest: () => Promise<void>): Promise<void> {
  const { db } = store;
  if (db.protection.kind !== 'on') return;
  await rest();
  const newest = { folder: { kind: 'all' }, sort: 'updated' } as const;
  const chats = await listConversations(store, newest, { offset: 0, limit: CHATS });
  let left = MESSAGES;
  for (const { id } of chats) {
    const ids = await db.messages.where('conversationId').equals(id).primaryKeys();
    for (let at = 0; at < ids.length && left > 0; at += AT_ONCE) {
      await rest();
      await db.messages.bulkGet(ids.slice(at, at + Math.min(AT_ONCE, left)));
      left -= AT_ONCE;
    }
  }
}
