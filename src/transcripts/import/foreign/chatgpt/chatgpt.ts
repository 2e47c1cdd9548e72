/** ChatGPT's `conversations.json`: a list of conversations, each a map of nodes with parents, so edits and retries survive. */
import { z } from '../../../../lib/zod.ts';
import { readContent, type ContentText } from '../content-parts.ts';
import { OmissionCounts } from '../omissions.ts';
import type { PlainChat } from '../plain-chat.ts';
import { flattenTree, type NodeText } from '../trees/node-tree.ts';
import { canvasText, fenced, isCanvasCall } from './canvas.ts';
import { citationMetadata, withoutCitationMarkers } from './citations.ts';

/** A node keeps its place in the tree even where its message can't be read. */
const node = z.object({ parent: z.string().nullish().catch(null), message: z.unknown().optional() });

const nodeMessage = z.object({
  author: z.object({ role: z.string() }),
  create_time: z.number().nullish().catch(null),
  recipient: z.string().nullish().catch(null),
  metadata: z
    .object({
      is_visually_hidden_from_conversation: z.boolean().nullish().catch(null),
      ...citationMetadata,
    })
    .nullish()
    .catch(null),
  content: z.object({
    content_type: z.string(),
    parts: z.array(z.unknown()).nullish().catch(null),
    text: z.string().nullish().catch(null),
    language: z.string().nullish().catch(null),
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

/** @returns null when the value has another shape. Nodes without text (tools, images, hidden ones) are stepped over. */
export function readChatGpt(value: unknown): PlainChat | null {
  const parsed = chatGptConversation.safeParse(value);
  if (!parsed.success) return null;
  const { mapping, title, id, conversation_id, create_time, current_node } = parsed.data;
  const omitted = new OmissionCounts();
  const texts = new Map<string, unknown>();
  const parents = new Map<string, string | null>();
  for (const [name, raw] of Object.entries(mapping)) {
    const each = node.safeParse(raw);
    if (each.success) {
      parents.set(name, each.data.parent ?? null);
      texts.set(name, each.data.message);
    } else omitted.add('unreadable');
  }
  const { messages, systemText, messageOf } = flattenTree(parents, (name) =>
    readMessage(texts.get(name), omitted),
  );
  const sourceId = conversation_id ?? id;
  return {
    title: title ?? '',
    createdAt: milliseconds(create_time),
    systemText,
    messages,
    leaf: messageOf(current_node),
    identity: sourceId === undefined ? null : [sourceId],
    omitted: omitted.total(),
  };
}

function readMessage(value: unknown, omitted: OmissionCounts): NodeText {
  // The root of every chat.
  if (value === null || value === undefined) return { kind: 'nothing' };
  const parsed = nodeMessage.safeParse(value);
  if (!parsed.success) {
    omitted.add('unreadable');
    return { kind: 'nothing' };
  }
  const { author, recipient, metadata, content, create_time } = parsed.data;
  const role = author.role === 'developer' ? 'system' : author.role;
  const { text: marked, omitted: parts } = textOf(content);
  const text = role === 'assistant' ? withoutCitationMarkers(marked, metadata ?? {}) : marked;
  // Every chat begins with an empty system message, which is nobody's loss.
  if (role === 'system' && text === '') return { kind: 'nothing' };
  if (metadata?.is_visually_hidden_from_conversation) {
    omitted.add('hidden');
  } else if (role === 'assistant' && isCanvasCall(recipient ?? '')) {
    const document = canvasText(content.text ?? readContent(content.parts, '').text);
    if (document !== null)
      return { kind: 'said', message: { role, text: document, createdAt: milliseconds(create_time) } };
    omitted.add('canvas');
  } else if (role === 'assistant' && content.content_type === 'code' && (recipient ?? 'all') === 'all') {
    // The reply itself, where JSON or code alone was asked for.
    if (content.text) {
      const language = /^(?!unknown$)[\w+#-]{1,20}$/.exec(content.language ?? '')?.[0] ?? '';
      const code = fenced(content.text, language);
      return { kind: 'said', message: { role, text: code, createdAt: milliseconds(create_time) } };
    }
    omitted.add('empty');
  } else if (role === 'tool' || (recipient ?? 'all') !== 'all') {
    // Pictures a model drew come as a tool's message.
    if (parts.picture) omitted.addAll(parts);
    else omitted.add('tool');
  } else if (role === 'system') {
    return { kind: 'system', text };
  } else if (role !== 'user' && role !== 'assistant') {
    omitted.add('role');
  } else {
    omitted.addAll(parts);
    if (text !== '') return { kind: 'said', message: { role, text, createdAt: milliseconds(create_time) } };
    if (Object.keys(parts).length === 0) omitted.add('empty');
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
      return { text: '', omitted: { tool: 1 } };
    case 'thoughts':
    case 'reasoning_recap':
      return { text: '', omitted: { reasoning: 1 } };
    default:
      return { text: '', omitted: { unreadable: 1 } };
  }
}

/** ChatGPT writes seconds; a time outside a calendar's range is no time. */
function milliseconds(seconds: number | null | undefined): number {
  if (!seconds || !Number.isFinite(seconds) || seconds < 0 || seconds > 8e12) return 0;
  return Math.round(seconds * 1000);
}
