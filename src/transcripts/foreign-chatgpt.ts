/** ChatGPT's `conversations.json`: a list of conversations, each a map of nodes with parents, so edits and retries survive. */
import { z } from '../lib/zod.ts';
import type { PlainChat, PlainMessage } from './plain-chat.ts';

const node = z.object({
  parent: z.string().nullish(),
  message: z
    .object({
      author: z.object({ role: z.string() }),
      create_time: z.number().nullish(),
      content: z.object({ content_type: z.string(), parts: z.array(z.unknown()).optional() }).loose(),
    })
    .nullish(),
});

export const chatGptConversation = z.object({
  title: z.string().nullish(),
  id: z.string().optional(),
  conversation_id: z.string().optional(),
  create_time: z.number().nullish(),
  current_node: z.string().nullish(),
  mapping: z.record(z.string(), z.unknown()),
});

/** @returns null when the value has another shape. Nodes without text (tools, images, hidden ones) are stepped over. */
export function readChatGpt(value: unknown): PlainChat | null {
  const parsed = chatGptConversation.safeParse(value);
  if (!parsed.success) return null;
  const { mapping, title, id, conversation_id, create_time, current_node } = parsed.data;
  const nodes = new Map<string, z.infer<typeof node>>();
  for (const [name, raw] of Object.entries(mapping)) {
    const each = node.safeParse(raw);
    if (each.success) nodes.set(name, each.data);
  }
  const messages: PlainMessage[] = [];
  const placeOf = new Map<string, number | null>();
  let systemText: string | null = null;

  /** Places a node after its parents; walks up with a stack, since a chat may be thousands of nodes long. */
  const place = (start: string): number | null => {
    const pending: string[] = [];
    let current: string | null = start;
    const walking = new Set<string>();
    while (current !== null && !placeOf.has(current) && nodes.has(current) && !walking.has(current)) {
      walking.add(current);
      pending.push(current);
      current = nodes.get(current)?.parent ?? null;
    }
    let parent = current === null ? null : (placeOf.get(current) ?? null);
    for (const name of pending.reverse()) {
      const message = nodes.get(name)?.message;
      const text = message ? textOf(message.content) : '';
      const role = message?.author.role;
      if (role === 'system' && text !== '') systemText ??= text;
      if (message && text !== '' && (role === 'user' || role === 'assistant')) {
        messages.push({ role, text, parent, createdAt: milliseconds(message.create_time) });
        parent = messages.length - 1;
      }
      placeOf.set(name, parent);
    }
    return parent;
  };

  for (const name of nodes.keys()) place(name);
  return {
    title: title ?? '',
    createdAt: milliseconds(create_time),
    systemText,
    messages,
    leaf: current_node && nodes.has(current_node) ? place(current_node) : null,
    sourceId: conversation_id ?? id ?? null,
  };
}

function textOf(content: { content_type: string; parts?: unknown[] | undefined }): string {
  if (content.content_type !== 'text' && content.content_type !== 'multimodal_text') return '';
  return (content.parts ?? []).filter((part): part is string => typeof part === 'string').join('\n');
}

/** ChatGPT writes seconds; a time outside a calendar's range is no time. */
function milliseconds(seconds: number | null | undefined): number {
  if (!seconds || !Number.isFinite(seconds) || seconds < 0 || seconds > 8.64e12) return 0;
  return Math.round(seconds * 1000);
}
