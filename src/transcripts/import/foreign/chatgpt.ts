/** ChatGPT's `conversations.json`: a list of conversations, each a map of nodes with parents, so edits and retries survive. */
import { z } from '../../../lib/zod.ts';
import { readContent, type ContentText } from './content-parts.ts';
import { LeftOutTally } from './omissions.ts';
import type { PlainChat, PlainMessage } from './plain-chat.ts';

/** A node keeps its place in the tree even where its message can't be read. */
const node = z.object({ parent: z.string().nullish().catch(null), message: z.unknown().optional() });

const nodeMessage = z.object({
  author: z.object({ role: z.string() }),
  create_time: z.number().nullish().catch(null),
  recipient: z.string().nullish().catch(null),
  metadata: z
    .object({ is_visually_hidden_from_conversation: z.boolean().nullish().catch(null) })
    .nullish()
    .catch(null),
  content: z.object({
    content_type: z.string(),
    parts: z.array(z.unknown()).nullish().catch(null),
    text: z.string().nullish().catch(null),
  }),
});

export const chatGptConversation = z.object({
  title: z.string().nullish().catch(null),
  id: z.string().optional().catch(undefined),
  conversation_id: z.string().optional().catch(undefined),
  create_time: z.number().nullish().catch(null),
  current_node: z.string().nullish().catch(null),
  mapping: z.record(z.string(), z.unknown()),
});

type Read =
  | { readonly kind: 'said'; readonly message: Omit<PlainMessage, 'parent' | 'key'> }
  | { readonly kind: 'system'; readonly text: string }
  | { readonly kind: 'nothing' };

/** @returns null when the value has another shape. Nodes without text (tools, images, hidden ones) are stepped over. */
export function readChatGpt(value: unknown): PlainChat | null {
  const parsed = chatGptConversation.safeParse(value);
  if (!parsed.success) return null;
  const { mapping, title, id, conversation_id, create_time, current_node } = parsed.data;
  const leftOut = new LeftOutTally();
  const nodes = new Map<string, z.infer<typeof node>>();
  for (const [name, raw] of Object.entries(mapping)) {
    const each = node.safeParse(raw);
    if (each.success) nodes.set(name, each.data);
    else leftOut.add('unreadable');
  }
  const messages: PlainMessage[] = [];
  const placeOf = new Map<string, number | null>();
  const systemTexts = new Set<string>();

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
      const read = readMessage(nodes.get(name)?.message, leftOut);
      if (read.kind === 'system') systemTexts.add(read.text);
      if (read.kind === 'said') {
        messages.push({ ...read.message, parent, key: name });
        parent = messages.length - 1;
      }
      placeOf.set(name, parent);
    }
    return parent;
  };

  for (const name of nodes.keys()) place(name);
  const sourceId = conversation_id ?? id;
  return {
    title: title ?? '',
    createdAt: milliseconds(create_time),
    systemText: systemTexts.size === 0 ? null : [...systemTexts].join('\n\n'),
    messages,
    leaf: current_node && nodes.has(current_node) ? place(current_node) : null,
    identity: sourceId === undefined ? null : [sourceId],
    leftOut: leftOut.total(),
  };
}

function readMessage(value: unknown, leftOut: LeftOutTally): Read {
  // The root of every chat.
  if (value === null || value === undefined) return { kind: 'nothing' };
  const parsed = nodeMessage.safeParse(value);
  if (!parsed.success) {
    leftOut.add('unreadable');
    return { kind: 'nothing' };
  }
  const { author, recipient, metadata, content, create_time } = parsed.data;
  const role = author.role === 'developer' ? 'system' : author.role;
  const { text, leftOut: parts } = textOf(content);
  // Every chat begins with an empty system message, which is nobody's loss.
  if (role === 'system' && text === '') return { kind: 'nothing' };
  if (metadata?.is_visually_hidden_from_conversation) {
    leftOut.add('hidden');
  } else if (role === 'tool' || (recipient ?? 'all') !== 'all') {
    // Pictures a model drew come as a tool's message.
    if (parts.picture) leftOut.addAll(parts);
    else leftOut.add('tool');
  } else if (role === 'system') {
    return { kind: 'system', text };
  } else if (role !== 'user' && role !== 'assistant') {
    leftOut.add('role');
  } else {
    leftOut.addAll(parts);
    if (text !== '') return { kind: 'said', message: { role, text, createdAt: milliseconds(create_time) } };
    if (Object.keys(parts).length === 0) leftOut.add('empty');
  }
  return { kind: 'nothing' };
}

type Content = z.infer<typeof nodeMessage>['content'];

function textOf({ content_type, parts, text }: Content): ContentText {
  switch (content_type) {
    case 'text':
    case 'multimodal_text':
    case 'audio_transcription':
      return readContent(parts ?? text, '\n');
    case 'code':
    case 'execution_output':
      return { text: '', leftOut: { tool: 1 } };
    case 'thoughts':
    case 'reasoning_recap':
      return { text: '', leftOut: { reasoning: 1 } };
    default:
      return { text: '', leftOut: { unreadable: 1 } };
  }
}

/** ChatGPT writes seconds; a time outside a calendar's range is no time. */
function milliseconds(seconds: number | null | undefined): number {
  if (!seconds || !Number.isFinite(seconds) || seconds < 0 || seconds > 8e12) return 0;
  return Math.round(seconds * 1000);
}
