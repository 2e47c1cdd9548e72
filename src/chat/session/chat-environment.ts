import { createContext, use } from 'react';
import { useStore as useZustand } from 'zustand';
import type { LoadedModel, EngineState } from '../../engine/port.ts';
import type { ChatSession } from './chat-session.ts';
import type { LiveReply } from './reply/live-replies.ts';

/** What the shell gives the chat: the session of this tab, the way around the app, and the model. */
export interface ChatEnvironment {
  readonly session: ChatSession;
  /** Goes to a chat; null: to a new one. */
  readonly open: (conversationId: string | null) => void;
  /** Begins to load the model a reply would need, if it can be had without asking. Failures show in the model's status. */
  readonly prepareModel: () => void;
  /** What to offer when `unusable` says that a person has to choose a model. */
  readonly chooseModel: readonly { readonly label: string; readonly run: () => void }[];
  /** What could answer here without fetching anything, and having it loaded in place of the present one. */
  readonly models: {
    readonly list: () => Promise<readonly { readonly id: string; readonly name: string }[]>;
    readonly use: (modelId: string) => Promise<LoadedModel>;
  };
  /** Hook. */
  readonly useEngineState: () => EngineState;
  /** Hook. What the catalogue says about the model in use, or about the one that would be. */
  readonly useModelCard: () => {
    readonly name: string;
    readonly summary: string;
    readonly examples: readonly string[];
  } | null;
}

export const ChatContext = createContext<ChatEnvironment | null>(null);

export function useChat(): ChatEnvironment {
  const environment = use(ChatContext);
  if (!environment) throw new TypeError('the chat has no environment');
  return environment;
}

/** The reply of this tab with this id, null when it is not on its way. */
export function useLiveReply(messageId: string): LiveReply | null {
  const { session } = useChat();
  return useZustand(session.live, (state) => state.replies.get(messageId) ?? null);
}

/** Whether a reply of this chat is on its way in this tab. */
export function useIsReplying(conversationId: string | null): boolean {
  const { session } = useChat();
  return useZustand(session.live, (state) => {
    for (const reply of state.replies.values()) {
      if (reply.conversationId === conversationId && reply.phase !== 'ended') return true;
    }
    return false;
  });
}

export function loadedModel(state: EngineState): LoadedModel | null {
  return state.status === 'ready' || state.status === 'generating' ? state.loaded : null;
}
