import { useShortcut } from '../../ui/shortcuts.ts';
import { usePanel, wantSearch } from './panel-state.ts';
import { neighbourConversation } from '../data/repository.ts';
import { useStore } from '../data/store.ts';

export interface ConversationShortcuts {
  /** The chat on screen. */
  readonly current: string | null;
  readonly open: (conversationId: string) => void;
  /** Brings the Conversations panel on screen. */
  readonly showPanel: () => void;
}

/** Search, next and previous chat; for the shell, since they work while the panel is closed. */
export function useConversationShortcuts({ current, open, showPanel }: ConversationShortcuts): void {
  const store = useStore((state) => state.store);
  const list = usePanel((state) => state.list);
  const step = (by: 1 | -1): boolean => {
    if (!store) return false;
    void neighbourConversation(store, list, current, by).then((id) => {
      if (id !== null) open(id);
    });
    return true;
  };
  useShortcut('conversations.search', 'mod+k', 'Search conversations', () => {
    showPanel();
    wantSearch();
    return true;
  });
  useShortcut('conversations.next', 'alt+arrowdown', 'Next chat', () => step(1));
  useShortcut('conversations.previous', 'alt+arrowup', 'Previous chat', () => step(-1));
}
