/** Text another app shared, on its way into the box of a new chat. It is never sent by itself. */
import { create } from 'zustand';

export interface OfferedText {
  readonly text: string;
  /** What the box held when the text came: it stays, above. */
  readonly draft: string;
}

export const useOfferedText = create<{ readonly offered: OfferedText | null }>(() => ({ offered: null }));

export function offerText(offered: OfferedText): void {
  useOfferedText.setState({ offered });
}

/** @param box what the message box holds now. @returns what it should hold. */
export function withOffered(box: string, { text, draft }: OfferedText): string {
  // The box may not have read its draft yet; typed since then, it counts.
  const before = (box === '' ? draft : box).trimEnd();
  return before === '' ? text : `${before}\n\n${text}`;
}
