/** The text of a message's content, whatever the program: a string, or parts of which some are no text. */
import { z } from '../../../lib/zod.ts';
import { OmissionCounts, type Omissions, type OmissionReason } from './omissions.ts';

const part = z.object({
  type: z.string().optional().catch(undefined),
  content_type: z.string().optional().catch(undefined),
  text: z
    .union([z.string(), z.object({ value: z.string() }).transform(({ value }) => value)])
    .optional()
    .catch(undefined),
  /** What the model says when it will not answer. */
  refusal: z.string().optional().catch(undefined),
});

export interface ContentText {
  readonly text: string;
  readonly omitted: Omissions;
}

/** @param separator stands between two texts. */
export function readContent(content: unknown, separator: string): ContentText {
  if (typeof content === 'string') return { text: content, omitted: {} };
  if (content === null || content === undefined) return { text: '', omitted: {} };
  const omitted = new OmissionCounts();
  const texts: string[] = [];
  for (const each of Array.isArray(content) ? (content as unknown[]) : [content]) {
    const read = readPart(each);
    if ('text' in read) texts.push(read.text);
    else omitted.add(read.reason);
  }
  return { text: texts.join(separator), omitted: omitted.total() };
}

function readPart(value: unknown): { readonly text: string } | { readonly reason: OmissionReason } {
  if (typeof value === 'string') return { text: value };
  const parsed = part.safeParse(value);
  if (!parsed.success) return { reason: 'unreadable' };
  const { type, content_type, text = parsed.data.refusal } = parsed.data;
  const name = content_type ?? type ?? '';
  // These may have a text, too, which is not said to the person.
  if (/tool|function/.test(name)) return { reason: 'tool' };
  if (/think|thought|reason/.test(name)) return { reason: 'reasoning' };
  if (text !== undefined) return { text };
  if (name.includes('image')) return { reason: 'picture' };
  if (/audio|video/.test(name)) return { reason: 'recording' };
  return { reason: name === '' ? 'unreadable' : 'attachment' };
}
