/** What stands in the message box now, for whoever shows what will become of it. */
import { create } from 'zustand';

export interface DraftText {
  /** The chat it is typed in; null: a new one. */
  readonly at: string | null;
  readonly text: string;
}

export const useDraftText = create<DraftText>(() => ({ at: null, text: '' }));
