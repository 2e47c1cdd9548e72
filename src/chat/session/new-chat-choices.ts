import { create } from 'zustand';
import type { ChatChoices } from './prompting.ts';

/** Format and sampling chosen for a chat that does not exist yet; it takes them along when it begins. */
export const useNewChatChoices = create<ChatChoices>(() => ({
  promptFormat: null,
  systemText: null,
  sampling: null,
}));

export function resetNewChatChoices(): void {
  useNewChatChoices.setState({ promptFormat: null, systemText: null, sampling: null });
}
