/** ChatGPT's canvas: documents the model writes beside the chat, by calls to a tool named `canmore`. */
import { z } from '../../../../lib/zod.ts';
import { fenceAround } from '../../../format/fence.ts';
import { parseHostileJson } from '../../../format/hostile-json.ts';
import { AppError } from '../../../../errors/app-error.ts';

const created = z.object({
  name: z.string().catch(''),
  /** `document`, or `code/python`. */
  type: z.string().catch('document'),
  content: z.string(),
});
const updated = z.object({
  updates: z.tuple([
    z.object({ pattern: z.literal(['.*', '(?s).*', '[\\s\\S]*']), replacement: z.string() }),
  ]),
});

/** Whether a message is a call to the canvas. */
export function isCanvasCall(recipient: string): boolean {
  return recipient.startsWith('canmore.');
}

/**
 * @param call the JSON a call carries.
 * @returns the document as Markdown; null for what changes only parts of one, or comments on it.
 */
export function canvasText(call: string): string | null {
  const value = parsedOrNull(call);
  const document = created.safeParse(value);
  if (document.success) {
    const { name, type, content } = document.data;
    const title = name.replace(/\s+/g, ' ').trim();
    const language = /^code\/([\w+#-]+)/.exec(type)?.[1];
    return `*Canvas${title && `: ${title.replace(/[\\*_]/g, String.raw`\$&`)}`}*\n\n${language === undefined ? content : fenced(content, language)}`;
  }
  // The whole text at once, as the model rewrites documents of code.
  const rewritten = updated.safeParse(value);
  return rewritten.success ? `*Canvas, rewritten*\n\n${rewritten.data.updates[0].replacement}` : null;
}

/** Code in a fence longer than any inside it. */
export function fenced(code: string, language: string): string {
  const fence = fenceAround(code, '`');
  return `${fence}${language}\n${code.replace(/\n$/, '')}\n${fence}`;
}

function parsedOrNull(text: string): unknown {
  try {
    return parseHostileJson(text);
  } catch (thrown) {
    if (thrown instanceof AppError) return null;
    throw thrown;
  }
}
