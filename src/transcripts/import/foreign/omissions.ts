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

export type OmissionReason = keyof typeof WORDS;
export type Omissions = Readonly<Partial<Record<OmissionReason, number>>>;

export class OmissionCounts {
  private readonly counts: Partial<Record<OmissionReason, number>> = {};

  add(reason: OmissionReason, count = 1): void {
    this.counts[reason] = (this.counts[reason] ?? 0) + count;
  }

  addAll(more: Omissions): void {
    // Called for each message, most of which leave nothing out.
    for (const reason of Object.keys(more) as OmissionReason[]) this.add(reason, more[reason] ?? 0);
  }

  total(): Omissions {
    return { ...this.counts };
  }
}

/** E.g. "3 tool messages and 1 picture were left out"; empty when nothing was. */
export function omissionsText(omitted: Omissions): string {
  const entries = entriesOf(omitted);
  if (entries.length === 0) return '';
  const list = entries.map(([reason, count]) => `${count} ${WORDS[reason][count === 1 ? 0 : 1]}`);
  const total = entries.reduce((sum, [, count]) => sum + count, 0);
  return `${new Intl.ListFormat('en-GB').format(list)} ${total === 1 ? 'was' : 'were'} left out`;
}

function entriesOf(omitted: Omissions): [OmissionReason, number][] {
  return (Object.keys(WORDS) as OmissionReason[]).flatMap((reason) => {
    const count = omitted[reason] ?? 0;
    return count > 0 ? [[reason, count] as [OmissionReason, number]] : [];
  });
}
