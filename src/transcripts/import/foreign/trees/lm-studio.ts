/** LM Studio's `*.conversation.json`: a list of turns, each with its versions, of which one is on screen. */
import { z } from '../../../../lib/zod.ts';
import { OmissionCounts } from '../omissions.ts';
import { isOverlong, type PlainChat, type PlainMessage } from '../plain-chat.ts';
import { timeOf } from '../times.ts';
import { saidIn, type Said } from '../turns.ts';

const words = z.string().nullish().catch(null);
const turn = z.object({
  versions: z.array(z.unknown()).min(1),
  currentlySelected: z.number().int().nonnegative().catch(0),
});
/** Not by the schema: every message of every other program's file is asked, and a schema makes an error for each “no”. */
function isTurn(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || !('versions' in value)) return false;
  return Array.isArray(value.versions) && value.versions.length > 0;
}

export const lmStudioChat = z.object({
  name: words,
  createdAt: z.unknown().optional(),
  systemPrompt: words,
  messages: z.array(z.unknown()).refine((list) => list.some(isTurn)),
});
/** `singleStep` holds its content, `multiStep` a list of steps, of which content blocks are what is read. */
const version = z.object({
  role: z.string(),
  content: z.unknown().optional(),
  steps: z
    .array(
      z
        .object({
          type: z.string(),
          content: z.unknown().optional(),
          style: z.object({ type: words }).nullish().catch(null),
        })
        .nullable()
        .catch(null),
    )
    .optional()
    .catch(undefined),
});

/** @returns null when the value has another shape. */
export function readLmStudio(value: unknown): PlainChat | null {
  const parsed = lmStudioChat.safeParse(value);
  if (!parsed.success) return null;
  const { name, createdAt, systemPrompt, messages: turns } = parsed.data;
  const omitted = new OmissionCounts();
  const messages: PlainMessage[] = [];
  const systemTexts = systemPrompt ? [systemPrompt] : [];
  let parent: number | null = null;
  for (const [index, each] of turns.entries()) {
    if (isOverlong(messages)) break;
    const read = turn.safeParse(each);
    if (!read.success) {
      omitted.add('unreadable');
      continue;
    }
    const { versions, currentlySelected } = read.data;
    let next: number | null = parent;
    for (const [at, one] of versions.entries()) {
      const said = readVersion(one, omitted);
      if (said.kind === 'system') systemTexts.push(said.text);
      if (said.kind !== 'said') continue;
      // Two versions may read the same: their place is what tells them apart, and stays.
      messages.push({ ...said.message, parent, key: `${String(index)}.${String(at)}` });
      if (at === currentlySelected || next === parent) next = messages.length - 1;
    }
    parent = next;
  }
  const created = timeOf(createdAt);
  return {
    title: name ?? '',
    createdAt: created,
    systemText: systemTexts.length === 0 ? null : systemTexts.join('\n\n'),
    messages,
    leaf: parent,
    identity: created === 0 ? null : [String(created)],
    omitted: omitted.total(),
  };
}

function readVersion(value: unknown, omitted: OmissionCounts): Said {
  const parsed = version.safeParse(value);
  if (!parsed.success) {
    omitted.add('unreadable');
    return { kind: 'nothing' };
  }
  const { role, content, steps } = parsed.data;
  const parts: unknown[] = [];
  for (const step of steps ?? []) {
    if (step?.type !== 'contentBlock') continue;
    if (step.style?.type === 'thinking') omitted.add('reasoning');
    else if (Array.isArray(step.content)) for (const part of step.content as unknown[]) parts.push(part);
  }
  return saidIn({ speaker: role, content: steps ? parts : content, callsTool: false, createdAt: 0 }, omitted);
}
