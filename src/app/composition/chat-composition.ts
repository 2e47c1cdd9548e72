/** Puts the chat together from its rooms: one session for this tab. */
import { useMemo } from 'react';
import { useHashLocation } from 'wouter/use-hash-location';
import type { ChatEnvironment } from '../../chat/session/chat-environment.ts';
import { ChatSession } from '../../chat/session/chat-session.ts';
import { requestFrame } from '../../chat/session/frames.ts';
import { offerText } from '../../chat/session/offered-text.ts';
import { conversationStore } from '../../conversations/data/store.ts';
import { usePreferences } from '../../preferences/preferences.ts';
import { useModels } from '../../models/screen/models-store.ts';
import { useNotice } from '../../notice/store.ts';
import { restoreExamsWith } from '../../transcripts/import/exam-rows.ts';
import { showErrorToast } from '../../ui/feedback/use-error-text.ts';
import {
  chatModel,
  DEMO_MODEL_ID,
  loadFromCatalogue,
  prepareModel,
  useEngineState,
} from './model-runtime.ts';

restoreExamsWith(async (store) => (await import('../../exams/data/restore.ts')).beginExamsRestore(store));

const session = new ChatSession({
  store: conversationStore,
  model: chatModel,
  prompting: () => import('../../chat/session/reply/prompting.ts'),
  notice: () => useNotice.getState(),
  preferences: () => usePreferences.getState(),
  appVersion: __APP_VERSION__,
  now: () => Date.now(),
  requestFrame,
  onUnanswered: (thrown) => {
    showErrorToast(thrown);
  },
});

/** Asks a question in a chat of its own; where no model can answer, the text waits in a new chat's box. @returns the way there. */
export async function askInNewChat(text: string): Promise<string> {
  if (chatModel.unusable()) {
    offerText({ text, draft: '' });
    return '/';
  }
  const { conversationId } = await session.send({ conversationId: null, parentId: null, text });
  return `/c/${conversationId}`;
}

function useModelCard(): ReturnType<ChatEnvironment['useModelCard']> {
  const state = useEngineState();
  const lastModelId = usePreferences((preferences) => preferences.lastModelId);
  const modelId =
    state.status === 'ready' || state.status === 'generating'
      ? state.loaded.modelId
      : state.status === 'loading'
        ? state.model.modelId
        : (lastModelId ?? DEMO_MODEL_ID);
  return useModels(({ catalogue }) => {
    const entry = catalogue?.models.find((model) => model.id === modelId);
    return entry && entry.kind !== 'unavailable' ? entry : null;
  });
}

const models: ChatEnvironment['models'] = {
  list: async () => (await import('./loadable-models.ts')).loadableModels(),
  use: (modelId) => loadFromCatalogue(modelId),
};

/** @param open goes to a chat; null: to a new one. */
export function useChatEnvironment(open: (conversationId: string | null) => void): ChatEnvironment {
  const [, navigate] = useHashLocation();
  const lastModelId = usePreferences((preferences) => preferences.lastModelId);
  return useMemo(
    () => ({
      session,
      open,
      prepareModel,
      chooseModel: [
        ...(lastModelId !== null && lastModelId !== DEMO_MODEL_ID
          ? [
              {
                label: 'Load the model used last',
                run: () => {
                  // A failure shows in the model's status.
                  loadFromCatalogue(lastModelId).catch(() => undefined);
                },
              },
            ]
          : []),
        {
          label: 'Use the Demo model',
          run: () => {
            loadFromCatalogue(DEMO_MODEL_ID).catch(() => undefined);
          },
        },
        {
          label: 'Choose a model',
          run: () => {
            navigate('/models');
          },
        },
      ],
      models,
      useEngineState,
      useModelCard,
    }),
    [open, navigate, lastModelId],
  );
}
