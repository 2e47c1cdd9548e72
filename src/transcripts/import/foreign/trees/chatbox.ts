/**
 * Chatbox's exported data: a dump of its storage, one member a chat. A chat has earlier threads beside the one on screen, and
 * for a message that was followed in several ways the ways that are not on screen.
 */
import { z } from '../../../../lib/zod.ts';
import { linear } from '../linear.ts';
import { OmissionCounts } from '../omissions.ts';
import type { PlainChat } from '../plain-chat.ts';
import { readTurn, saidIn } from '../turns.ts';
import { flattenTree, freeName } from './node-tree.ts';

const words = z.string().optional().catch(undefined);
const list = z.array(z.unknown());
const fork = z.object({ lists: z.array(z.object({ messages: list }).catch({ messages: [] })) });
export const chatboxSession = z.object({
  id: z.string(),
  name: words,
  messages: list,
  threads: z.array(z.unknown()).optional().catch(undefined),
  messageForksHash: z.record(z.string(), z.unknown()).optional().catch(undefined),
});
const thread = z.object({ id: z.string(), name: words, messages: list });
const named = z.object({ id: z.string() });

/** The chats in a dump, threads as chats of their own; null for what is no dump. */
export function chatboxSessions(value: unknown): readonly unknown[] | null {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
  const stored = Object.entries(value).filter(([key]) => key.startsWith('session:'));
  const older =
    'chat-sessions' in value && Array.isArray(value['chat-sessions']) ? value['chat-sessions'] : [];
  const sessions = [...stored.map(([, session]): unknown => session), ...(older as unknown[])];
  if (sessions.length === 0) return null;
  return sessions.flatMap((session) => {
    const parsed = chatboxSession.safeParse(session);
    const threads = (parsed.data?.threads ?? []).flatMap((each): unknown[] => {
      const one = thread.safeParse(each);
      const { messageForksHash } = parsed.data ?? {};
      return one.success ? [{ ...one.data, messageForksHash }] : [each];
    });
    return [session, ...threads];
  });
}

/** @returns null when the value has another shape. */
export function readChatbox(value: unknown): PlainChat | null {
  const parsed = chatboxSession.safeParse(value);
  if (!parsed.success) return null;
  const { id, name = '', messages, messageForksHash = {} } = parsed.data;
  const raws = new Map<string, unknown>();
  const parents = new Map<string, string | null>();
  /** @returns the name of the last one. */
  const chain = (entries: readonly unknown[], start: string | null): string | null => {
    let before = start;
    for (const each of entries) {
      const own = named.safeParse(each);
      const name = own.success && !parents.has(own.data.id) ? own.data.id : `unnamed ${String(parents.size)}`;
      const key = freeName(parents, name, parents.size);
      parents.set(key, before);
      raws.set(key, each);
      before = key;
    }
    return before;
  };
  const leaf = chain(messages, null);
  const forks = new Map(Object.entries(messageForksHash));
  // A fork may begin in another one: what a chain adds is walked, too.
  for (const at of parents.keys()) {
    const forked = fork.safeParse(forks.get(at));
    for (const one of forked.data?.lists ?? []) chain(one.messages, at);
  }
  const omitted = new OmissionCounts();
  const flat = flattenTree(parents, (key) => saidIn(readTurn(raws.get(key)), omitted));
  return {
    ...linear([]),
    title: name,
    systemText: flat.systemText,
    messages: flat.messages,
    leaf: flat.messageOf(leaf),
    identity: [id],
    omitted: omitted.total(),
  };
}
