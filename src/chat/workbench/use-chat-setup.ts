import { useMemo } from 'react';
import { changeConversation } from '../../conversations/data/repository.ts';
import { conversationStore } from '../../conversations/data/store.ts';
import { useFolders, useLive } from '../../conversations/panel/hooks.ts';
import { attempt } from '../../conversations/panel/panel-actions.ts';
import type { Conversation, Folder, PromptSetup } from '../../database/records.ts';
import { ownPresets } from '../../prompts/own-presets.ts';
import { followed, NO_SETUP, underPreset, type ChatInPlace, type Followed } from '../presets/follow.ts';
import { readShelf, type Shelf } from '../presets/preset-store.ts';
import type { ChatChoices } from '../session/chat-choices.ts';
import { useNewChatChoices } from '../session/new-chat-choices.ts';

export interface ChatSetup {
  /** What the chat itself says. */
  readonly own: ChatInPlace;
  readonly setup: PromptSetup;
  readonly follow: Followed;
  /** With what its preset says. */
  readonly inForce: ChatChoices;
  readonly shelf: Shelf;
  readonly folder: Folder | null;
  readonly change: (changes: Partial<ChatChoices>) => void;
  readonly changeSetup: (changes: Partial<PromptSetup>) => void;
}

const APP_ONLY: Shelf = { presets: ownPresets, defaultId: null };

/** How a chat, or the one that does not exist yet, is prompted, alive; and the way to change it. */
export function useChatSetup(conversation: Conversation | null): ChatSetup {
  const forNew = useNewChatChoices();
  const own: ChatInPlace = conversation ?? forNew;
  const shelf = useLive('presets', readShelf) ?? APP_ONLY;
  const folder = useFolders()?.find(({ id }) => id === own.folderId) ?? null;
  return useMemo(() => {
    const follow = followed(own, folder, shelf);
    const setup = own.promptSetup ?? NO_SETUP;
    const change = (changes: Partial<ChatChoices>): void => {
      if (!conversation) useNewChatChoices.setState(changes);
      else attempt(conversationStore().then((store) => changeConversation(store, conversation.id, changes)));
    };
    return {
      own,
      setup,
      follow,
      inForce: underPreset(own, follow.preset),
      shelf,
      folder,
      change,
      changeSetup: (changes) => {
        change({ promptSetup: { ...setup, ...changes } });
      },
    };
  }, [own, folder, shelf, conversation]);
}
