/** One text of two writers: a person and the model. Pure. */
import type { ShownMessage } from '../../database/records.ts';

/** A run of text by one writer. Neighbours may have the same one: each continuation stays a piece of its own. */
export interface Segment {
  readonly role: ShownMessage['role'];
  readonly text: string;
}

export function textOf(segments: readonly Segment[]): string {
  return segments.map(({ text }) => text).join('');
}

export function segmentsOf(path: readonly Segment[]): readonly Segment[] {
  return path.flatMap(({ role, text }) => (text === '' ? [] : [{ role, text }]));
}

/**
 * The pieces after a person changed the text. What was typed or pasted is the person's; what stays keeps its writer.
 * @param caret where the caret stands in the new text: tells which of several equal letters is the new one.
 */
export function edited(segments: readonly Segment[], after: string, caret: number): readonly Segment[] {
  const before = textOf(segments);
  const most = Math.min(before.length, after.length);
  const end = Math.min(most, Math.max(0, after.length - caret));
  let suffix = 0;
  while (suffix < end && before.at(-1 - suffix) === after.at(-1 - suffix)) suffix += 1;
  let prefix = 0;
  while (prefix < most - suffix && before.charAt(prefix) === after.charAt(prefix)) prefix += 1;
  // A caret elsewhere (text dropped, an undo): what is left equal behind counts as well.
  while (suffix < most - prefix && before.at(-1 - suffix) === after.at(-1 - suffix)) suffix += 1;
  const head = firstOf(segments, prefix);
  const tail = lastOf(segments, before.length - suffix);
  const within = inOne(segments, prefix, before.length - suffix);
  return withTyped(head, after.slice(prefix, after.length - suffix), tail, within);
}

/** The pieces up to a place in the text. */
export function firstOf(segments: readonly Segment[], length: number): readonly Segment[] {
  let at = 0;
  return segments.flatMap((segment) => {
    const text = segment.text.slice(0, Math.max(0, length - at));
    at += segment.text.length;
    return text === '' ? [] : [{ ...segment, text }];
  });
}

function lastOf(segments: readonly Segment[], from: number): readonly Segment[] {
  let at = 0;
  return segments.flatMap((segment) => {
    const text = segment.text.slice(Math.max(0, from - at));
    at += segment.text.length;
    return text === '' ? [] : [{ ...segment, text }];
  });
}

/**
 * What is typed beside a piece of the person's belongs to it, on either side; the model's pieces are joined again where something
 * within one was taken out.
 */
function withTyped(
  head: readonly Segment[],
  typed: string,
  tail: readonly Segment[],
  within: boolean,
): readonly Segment[] {
  const left = head.at(-1);
  const right = tail[0];
  if (typed === '' && left && right && left.role === right.role && (within || left.role === 'user')) {
    return [...head.slice(0, -1), { ...left, text: left.text + right.text }, ...tail.slice(1)];
  }
  if (typed === '') return [...head, ...tail];
  const joinsLeft = left?.role === 'user';
  const joinsRight = right?.role === 'user';
  const text = (joinsLeft ? left.text : '') + typed + (joinsRight ? right.text : '');
  return [
    ...(joinsLeft ? head.slice(0, -1) : head),
    { role: 'user', text },
    ...(joinsRight ? tail.slice(1) : tail),
  ];
}

/** Whether two places lie inside one piece. */
function inOne(segments: readonly Segment[], from: number, to: number): boolean {
  let at = 0;
  return segments.some(({ text }) => {
    const start = at;
    at += text.length;
    return start < from && to < at;
  });
}
