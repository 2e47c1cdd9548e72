/** What of another program's chats the app has no place for, counted by kind, so that a report can name it. */
const WORDS = {
  tool: ['tool message', 'tool messages'],
  canvas: ['change to a canvas document', 'changes to canvas documents'],
  picture: ['picture', 'pictures'],
  recording: ['recording', 'recordings'],
  attachment: ['attachment', 'attachments'],
  reasoning: ['note of the model’s reasoning', 'notes of the model’s reasoning'],
  hidden: ['hidden message', 'hidden messages'],
  role: ['message of an unknown role', 'messages of an unknown role'],
  empty: ['empty message', 'empty messages'],
  unreadable: ['message of an unknown form', 'messages of an unknown form'],
} as const;

export type LeftOutReason = keyof typeof WORDS;
export type LeftOut = Readonly<Partial<Record<LeftOutReason, number>>>;

export class LeftOutTally {
  private readonly counts: Partial<Record<LeftOutReason, number>> = {};

  add(reason: LeftOutReason, count = 1): void {
    this.counts[reason] = (this.counts[reason] ?? 0) + count;
  }

  addAll(more: LeftOut): void {
    for (const [reason, count] of entriesOf(more)) this.add(reason, count);
  }

  total(): LeftOut {
    return { ...this.counts };
  }
}

/** E.g. "3 tool messages and 1 picture were left out"; empty when nothing was. */
export function leftOutText(leftOut: LeftOut): string {
  const entries = entriesOf(leftOut);
  if (entries.length === 0) return '';
  const list = entries.map(([reason, count]) => `${count} ${WORDS[reason][count === 1 ? 0 : 1]}`);
  const total = entries.reduce((sum, [, count]) => sum + count, 0);
  return `${new Intl.ListFormat('en-GB').format(list)} ${total === 1 ? 'was' : 'were'} left out`;
}

function entriesOf(leftOut: LeftOut): [LeftOutReason, number][] {
  return (Object.keys(WORDS) as LeftOutReason[]).flatMap((reason) => {
    const count = leftOut[reason] ?? 0;
    return count > 0 ? [[reason, count] as [LeftOutReason, number]] : [];
  });
}
