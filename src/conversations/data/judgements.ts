/** What a person found of replies, kept with them: it goes where they go, and with them. */
import type { Comparison, Message, Provenance, ShownMessage } from '../../database/records.ts';
import type { Rating } from '../../lib/rating.ts';
import { buildTree, versionsOf } from '../messages/tree.ts';
import { listMessages, requireMessage } from './repository.ts';
import { withPrompt } from './rows.ts';
import { type Store, write } from './store.ts';

/** A version of a reply with all that is known of it. */
export interface Version extends ShownMessage {
  readonly about: Provenance | null;
}

/** All versions of a reply, itself included, oldest first. */
export async function readVersions(
  store: Store,
  reply: Pick<Message, 'id' | 'conversationId'>,
): Promise<readonly Version[]> {
  const versions = versionsOf(buildTree(await listMessages(store, reply.conversationId)), reply.id);
  const prompts = await store.db.prompts.bulkGet(versions.map(({ id }) => id));
  return versions.map((message, at) => ({
    ...message,
    about: message.provenance && withPrompt(message.provenance, prompts[at]),
  }));
}

/** @throws AppError `conversation/not-found`, `storage/full` */
export async function keepRating(store: Store, messageId: string, rating: Rating): Promise<void> {
  const { scores, flags, at } = rating;
  await change(store, messageId, () => ({ rating: { scores, flags: [...flags], at } }));
}

/** Takes the place of an earlier one of the same two. @throws AppError `conversation/not-found`, `storage/full` */
export async function keepComparison(store: Store, messageId: string, comparison: Comparison): Promise<void> {
  await change(store, messageId, ({ comparisons = [] }) => ({
    comparisons: [...comparisons.filter(({ other }) => other !== comparison.other), comparison],
  }));
}

async function change(
  store: Store,
  messageId: string,
  next: (message: ShownMessage) => Pick<Message, 'rating' | 'comparisons'>,
): Promise<void> {
  const { db } = store;
  await write(store, () =>
    db.transaction('rw', [db.messages], async () => {
      const message = await requireMessage(store, messageId);
      await db.messages.put({ ...message, ...next(message) });
    }),
  );
}
