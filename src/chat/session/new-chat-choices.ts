import { create } from 'zustand';
import { NO_CHOICES, type ChatChoices } from './chat-choices.ts';

/** How a chat that does not exist yet is to be prompted; it takes this along when it begins. */
export const useNewChatChoices = create<ChatChoices>(() => NO_CHOICES);

export function resetNewChatChoices(): void {
  useNewChatChoices.setState(NO_CHOICES, true);
}
