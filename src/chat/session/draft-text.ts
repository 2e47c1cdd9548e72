/** What stands in the message box now, or in the text of a raw completion, for whoever shows what will become of it. */
import { create } from 'zustand';
import type { Turn } from '../../prompts/render.ts';

export interface DraftText {
  /** The chat it is typed in; null: a new one. */
  readonly at: string | null;
  readonly text: string;
  /** In place of the chat's messages; null: those. */
  readonly turns: readonly Turn[] | null;
}

export const useDraftText = create<DraftText>(() => ({ at: null, text: '', turns: null }));
