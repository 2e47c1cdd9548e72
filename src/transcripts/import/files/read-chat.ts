/** A chat out of a file of the app's own: one odd record costs itself, and no word beside it. */
import {
  conversationRecord,
  messageRecord,
  promptSetupRecord,
  provenanceRecord,
  tokenTrace,
} from '../../../database/records.ts';
import { samplingRecord } from '../../../lib/sampling-schema.ts';
import { z } from '../../../lib/zod.ts';
import { filedChat, type FiledChat, type TranscriptChat } from '../../format/document.ts';
import { MAX_MESSAGES_PER_CHAT, MAX_TEXT_CHARACTERS } from '../../format/limits.ts';
import type { Skipped } from '../read-result.ts';

export interface ReadChat {
  readonly chat: FiledChat;
  /** What of it can't be read. */
  readonly lost: readonly Skipped[];
}

/** How it was set up may be missing; what was said may not. */
const outline = z.object({
  conversation: conversationRecord.extend({
    sampling: samplingRecord.nullable().catch(null),
    promptSetup: promptSetupRecord.optional().catch(undefined),
  }),
  messages: z.array(z.unknown()),
  digests: filedChat.shape.digests.catch([]),
});
/** Its words, and of what is known about them all that can be read. */
const words = messageRecord.extend({
  provenance: provenanceRecord
    .extend({ tokens: tokenTrace.optional().catch(undefined) })
    .nullable()
    .catch(null),
  rating: messageRecord.shape.rating.catch(undefined),
  comparisons: messageRecord.shape.comparisons.catch(undefined),
});

/** @returns the chat, or why it is not taken. */
export function readFiledChat(value: unknown): ReadChat | string {
  const whole = filedChat.safeParse(value);
  const read = whole.success ? { chat: whole.data, lost: [] } : salvaged(value);
  if (read) return refusal(read.chat) ?? read;
  return problemIn(whole.error);
}

/** @returns null where it is no chat. */
function salvaged(value: unknown): ReadChat | null {
  const found = outline.safeParse(value);
  if (!found.success) return null;
  const { conversation, messages: entries, digests } = found.data;
  const lost: Skipped[] = [];
  const messages = entries.flatMap((entry, index) => {
    const whole = messageRecord.safeParse(entry);
    if (whole.success) return [whole.data];
    const what = `message ${String(index + 1)} of “${conversation.title.slice(0, 60)}”`;
    const why = problemIn(whole.error);
    const bare = words.safeParse(entry);
    lost.push(bare.success ? { what: `what is known of ${what}, not its words`, why } : { what, why });
    return bare.success ? [bare.data] : [];
  });
  if (lost.length === 0)
    lost.push({ what: `the settings of “${conversation.title.slice(0, 60)}”`, why: 'they are not readable' });
  return { chat: { conversation, messages, digests }, lost };
}

function problemIn(error: z.ZodError | undefined): string {
  const issue = error?.issues[0];
  return `${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`;
}

export const OVERLONG = `more than ${MAX_MESSAGES_PER_CHAT} messages`;

/** Why a chat of the right shape is still not taken. */
export function refusal({ conversation, messages }: TranscriptChat): string | null {
  if (messages.length > MAX_MESSAGES_PER_CHAT) return OVERLONG;
  if (new Set(messages.map(({ id }) => id)).size !== messages.length) return 'two messages with the same id';
  if (messages.some((message) => message.conversationId !== conversation.id))
    return 'a message of another conversation';
  const long = messages.find(({ text }) => text.length > MAX_TEXT_CHARACTERS);
  return long ? `a message of more than ${MAX_TEXT_CHARACTERS} characters` : null;
}
