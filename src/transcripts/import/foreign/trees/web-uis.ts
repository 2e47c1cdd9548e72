/** Local web interfaces whose exports are trees: llama.cpp's own, Open WebUI, LibreChat, and Claude's export. */
import { z } from '../../../../lib/zod.ts';
import { OmissionCounts } from '../omissions.ts';
import type { PlainChat } from '../plain-chat.ts';
import { timeOf } from '../times.ts';
import { readTurn, saidIn, type Said } from '../turns.ts';
import { flattenTree, freeName, type NodeText } from './node-tree.ts';

const words = z.string().nullish().catch(null);

// ── llama.cpp ────────────────────────────────────────────────────────────────────────────────────────────────────────

/** `{conv, messages}`; messages are a flat list of nodes, the first of which (`type: root`) says nothing. */
export const llamaCppChat = z.object({
  conv: z.object({ id: z.string(), name: words, currNode: words }),
  messages: z.array(z.unknown()),
});
const llamaCppNode = z.object({
  id: z.union([z.string(), z.number()]).transform(String),
  parent: z.union([z.string(), z.number()]).transform(String).nullish().catch(null),
  type: words,
  /** Two names of one thing, of different versions. */
  thinking: words,
  reasoningContent: words,
  extra: z
    .array(z.object({ type: z.string() }).catch({ type: '' }))
    .nullish()
    .catch(null),
});

/** @returns null when the value has another shape. */
export function readLlamaCpp(value: unknown): PlainChat | null {
  const parsed = llamaCppChat.safeParse(value);
  if (!parsed.success) return null;
  const { conv, messages } = parsed.data;
  const nodes = nodesOf(messages, llamaCppNode, ({ id, parent }) => [id, parent]);
  return tree(nodes, { title: conv.name, leaf: conv.currNode, identity: [conv.id] }, (node, raw, omitted) => {
    if (node.type === 'root') return { kind: 'nothing' };
    if (node.thinking || node.reasoningContent) omitted.add('reasoning');
    for (const { type } of node.extra ?? []) omitted.add(/image/i.test(type) ? 'picture' : 'attachment');
    return saidIn(readTurn(raw), omitted);
  });
}

// ── Open WebUI ───────────────────────────────────────────────────────────────────────────────────────────────────────

export const openWebUiChat = z.object({
  id: words,
  title: words,
  created_at: z.unknown().optional(),
  chat: z.object({
    title: words,
    system: words,
    history: z.object({
      currentId: words,
      messages: z.record(z.string(), z.unknown()),
    }),
  }),
});
const openWebUiNode = z.object({
  parentId: words,
  files: z
    .array(z.object({ type: words }).catch({ type: null }))
    .nullish()
    .catch(null),
});
/** What its page folds away above the answer: begins a line, and holds no other. */
const FOLD = /<details type="(reasoning|tool_calls|code_interpreter)"[^>\n]*>/y;
const FOLD_END = '</details>';

/** @returns null when the value has another shape. */
export function readOpenWebUi(value: unknown): PlainChat | null {
  const parsed = openWebUiChat.safeParse(value);
  if (!parsed.success) return null;
  const { id, title, created_at, chat } = parsed.data;
  const nodes = new Map(
    Object.entries(chat.history.messages).map(([name, raw]) => {
      const node = openWebUiNode.safeParse(raw);
      return [name, { raw, node: node.success ? node.data : null, parent: node.data?.parentId ?? null }];
    }),
  );
  const about = {
    title: title ?? chat.title,
    leaf: chat.history.currentId,
    identity: id ? [id] : null,
    createdAt: timeOf(created_at),
    systemText: chat.system ?? null,
  };
  return tree(nodes, about, (node, raw, omitted) => {
    for (const { type } of node.files ?? []) omitted.add(type === 'image' ? 'picture' : 'attachment');
    return unfolded(saidIn(readTurn(raw), omitted), omitted);
  });
}

function unfolded(said: Said, omitted: OmissionCounts): Said {
  if (said.kind !== 'said' || said.message.role !== 'assistant') return said;
  const { text } = said.message;
  let kept = '';
  let from = 0;
  for (let at = text.indexOf('<details'); at >= 0; at = text.indexOf('<details', at + 1)) {
    FOLD.lastIndex = at;
    const opened = at === 0 || text[at - 1] === '\n' ? FOLD.exec(text) : null;
    if (!opened || at < from) continue;
    const end = text.indexOf(FOLD_END, at);
    // Left open, it is text like any other; so is what follows.
    if (end < 0) break;
    omitted.add(opened[1] === 'reasoning' ? 'reasoning' : 'tool');
    kept += text.slice(from, at);
    from = end + FOLD_END.length;
    while (/\s/.test(text[from] ?? '')) from += 1;
  }
  const rest = kept + text.slice(from);
  return rest === '' ? { kind: 'nothing' } : { ...said, message: { ...said.message, text: rest } };
}

// ── LibreChat ────────────────────────────────────────────────────────────────────────────────────────────────────────

const libreNode = z.object({ messageId: z.string(), parentMessageId: words });
/** Not by the schema: every message of every other program's file is asked, and a schema makes an error for each “no”. */
function isLibreNode(value: unknown): boolean {
  return (
    typeof value === 'object' && value !== null && 'messageId' in value && typeof value.messageId === 'string'
  );
}

export const libreChat = z.object({
  conversationId: z.string(),
  title: words,
  messages: z.array(z.unknown()).refine((list) => list.some(isLibreNode)),
});

/** @returns null when the value has another shape. */
export function readLibreChat(value: unknown): PlainChat | null {
  const parsed = libreChat.safeParse(value);
  if (!parsed.success) return null;
  const { conversationId, title, messages } = parsed.data;
  const nodes = nodesOf(nested(messages), libreNode, (node) => [node.messageId, node.parentMessageId]);
  return tree(nodes, { title, leaf: null, identity: [conversationId] }, (_node, raw, omitted) =>
    saidIn(readTurn(raw), omitted),
  );
}

/** Its "recursive" files put the answers inside of the questions. */
function nested(messages: readonly unknown[]): readonly unknown[] {
  const all: unknown[] = [];
  const waiting = [...messages].reverse();
  for (let each = waiting.pop(); each !== undefined; each = waiting.pop()) {
    all.push(each);
    if (typeof each === 'object' && each !== null && 'children' in each && Array.isArray(each.children))
      for (const child of (each.children as unknown[]).toReversed()) waiting.push(child);
  }
  return all;
}

// ── Claude ───────────────────────────────────────────────────────────────────────────────────────────────────────────

export const claudeChat = z.object({
  uuid: z.string(),
  name: words,
  created_at: z.unknown().optional(),
  chat_messages: z.array(z.unknown()),
});
const claudeNode = z.object({
  uuid: z.string(),
  parent_message_uuid: words,
  attachments: z.array(z.unknown()).nullish().catch(null),
  files: z.array(z.unknown()).nullish().catch(null),
});

/** @returns null when the value has another shape. */
export function readClaude(value: unknown): PlainChat | null {
  const parsed = claudeChat.safeParse(value);
  if (!parsed.success) return null;
  const { uuid, name, created_at, chat_messages } = parsed.data;
  const nodes = nodesOf(chat_messages, claudeNode, (node, before) => [
    node.uuid,
    // Older files say no parents: one follows the other.
    node.parent_message_uuid ?? before,
  ]);
  const about = { title: name, leaf: null, identity: [uuid], createdAt: timeOf(created_at) };
  return tree(nodes, about, (node, raw, omitted) => {
    omitted.add('attachment', (node.attachments?.length ?? 0) + (node.files?.length ?? 0));
    return saidIn(readTurn(raw), omitted);
  });
}

// ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

interface TreeNode<T> {
  readonly raw: unknown;
  /** null: a message that can't be read. */
  readonly node: T | null;
  readonly parent: string | null;
}

/** @param placeOf name and parent of a node; `before`: the name of the one before it in the list. */
function nodesOf<T>(
  list: readonly unknown[],
  shape: z.ZodType<T>,
  placeOf: (node: T, before: string | null) => readonly [string, string | null | undefined],
): Map<string, TreeNode<T>> {
  const nodes = new Map<string, TreeNode<T>>();
  let before: string | null = null;
  for (const [index, raw] of list.entries()) {
    const node = shape.safeParse(raw);
    const [name, parent]: readonly [string, string | null | undefined] = node.success
      ? placeOf(node.data, before)
      : [`unreadable ${String(index)}`, before];
    const known = nodes.get(name);
    if (known && sameBut(known.raw, raw)) continue;
    const key = freeName(nodes, name, index);
    nodes.set(key, { raw, node: node.success ? node.data : null, parent: parent ?? null });
    before = key;
  }
  return nodes;
}

/** Whether two entries say the same, whatever hangs on them. */
function sameBut(a: unknown, b: unknown): boolean {
  const [one, other] = [a, b].map((each) =>
    JSON.stringify(each, (key, value: unknown) => (key === 'children' ? undefined : value)),
  );
  return one === other;
}

function tree<T>(
  nodes: ReadonlyMap<string, TreeNode<T>>,
  about: {
    readonly title: string | null | undefined;
    readonly leaf: string | null | undefined;
    readonly identity: PlainChat['identity'];
    readonly createdAt?: number;
    readonly systemText?: string | null;
  },
  read: (node: T, raw: unknown, omitted: OmissionCounts) => NodeText,
): PlainChat {
  const omitted = new OmissionCounts();
  const { messages, systemText, messageOf } = flattenTree(
    new Map(Array.from(nodes, ([name, { parent }]) => [name, parent])),
    (name) => {
      const found = nodes.get(name);
      if (found?.node) return read(found.node, found.raw, omitted);
      omitted.add('unreadable');
      return { kind: 'nothing' };
    },
  );
  const own = about.systemText ?? '';
  return {
    title: about.title ?? '',
    createdAt: about.createdAt ?? 0,
    systemText: own === '' ? systemText : own,
    messages,
    leaf: messageOf(about.leaf),
    identity: about.identity,
    omitted: omitted.total(),
  };
}
