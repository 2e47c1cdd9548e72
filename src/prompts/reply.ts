import type { PromptFormat } from './formats.ts';

/**
 * The reply as a person reads it: what the model generated, without the space that opens it, from the first stop on, or
 * the beginning of a stop at its end (a token limit can fall inside one). Also fit for a reply still being written: what
 * it holds back at the end appears once it is known not to be a stop.
 * @param openReply what `renderPrompt` returned: the text before it when a reply is continued. It is kept as it is.
 */
export function replyText(
  format: Pick<PromptFormat, 'layout'> & { readonly stops: readonly string[] },
  generated: string,
  openReply = '',
): string {
  const cut = cutAtStop(generated, format.stops);
  if (format.layout.exact) return openReply + cut;
  const text = cut.trimEnd();
  return openReply === '' ? text.trimStart() : openReply + text;
}

function cutAtStop(text: string, stops: readonly string[]): string {
  const whole = stops.map((stop) => text.indexOf(stop)).filter((at) => at >= 0);
  if (whole.length > 0) return text.slice(0, Math.min(...whole));
  const fragments = stops.map((stop) => text.length - fragmentLength(text, stop));
  return text.slice(0, Math.min(text.length, ...fragments));
}

/**
 * Length of the longest proper beginning of `stop` at the end of `text`. A single character ("<", "#") or the start of a
 * word ("User") counts only at the start of a line: inside a sentence it is more likely meant ("p <", "the User").
 */
function fragmentLength(text: string, stop: string): number {
  for (let length = Math.min(stop.length - 1, text.length); length > 0; length -= 1) {
    if (!text.endsWith(stop.slice(0, length))) continue;
    const before = text.slice(0, text.length - length);
    const startsLine = before.trim() === '' || /\n[ \t]*$/.test(before);
    const telling = length > 1 && /^\W/.test(stop);
    if (startsLine || telling) return length;
  }
  return 0;
}
