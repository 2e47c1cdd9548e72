import { useEffect, useMemo, useRef, useState } from 'react';
import type { ShownMessage } from '../../database/records.ts';
import { toAppError, type AppError } from '../../errors/app-error.ts';
import { usePreferences } from '../../preferences/preferences.ts';
import { rememberCounts, type CountTokens } from '../../prompts/token-counter.ts';
import type { Turn } from '../../prompts/render.ts';
import type { ChatChoices } from '../session/chat-choices.ts';
import { loadedModel, useChat } from '../session/chat-environment.ts';
import { useDraftText } from '../session/draft-text.ts';
import { estimateTokens, measurePrompt, type PromptView } from './measure.ts';

/** Follows typing at this pace: each look costs the engine's worker two counts of the whole prompt. */
const DELAY_MS = 120;
/** Where no model is loaded yet: the window of both models the app is about. */
const USUAL_WINDOW = 2048;
/** A full window of short turns has about as many ends of blocks, and each key adds two. */
const MOST_COUNTS = 512;

export interface LiveView {
  readonly view: PromptView | null;
  /** Counted by the model; else estimated. */
  readonly exact: boolean;
  /** Why it could not be counted. */
  readonly error: AppError | null;
}

/** The prompt of this chat's next reply as it stands now, again after each pause in typing. */
export function usePromptView(
  conversationId: string | null,
  path: readonly ShownMessage[],
  choices: ChatChoices,
): LiveView {
  const { session, useEngineState } = useChat();
  const loaded = loadedModel(useEngineState());
  const promptFormat = usePreferences((state) => state.promptFormat);
  const sampling = usePreferences((state) => state.sampling);
  const [live, setLive] = useState<LiveView>({ view: null, exact: false, error: null });
  // What is typed leaves this machine only when it is sent: a server is not asked to count it.
  const counts = loaded !== null && !loaded.server;
  const countTokens = useMemo((): CountTokens => {
    return counts ? rememberCounts((text) => session.countTokens(text), MOST_COUNTS) : estimateTokens;
    // Another model counts otherwise.
    // oxlint-disable-next-line react-hooks/exhaustive-deps
  }, [counts, loaded, session]);

  /** Exchanges without room, as it was last: a key seldom changes that, and to find it anew costs a look at the whole chat. */
  const dropped = useRef(0);
  useEffect(() => {
    let gone = false;
    let timer: ReturnType<typeof setTimeout>;
    const measure = (): void => {
      const typed = useDraftText.getState();
      const here = typed.at === conversationId;
      const turns: readonly Turn[] =
        (here ? typed.turns : null) ?? path.map(({ id, role, text }) => ({ id, role, text }));
      const model = loaded ?? { modelId: 'demo', contextLength: USUAL_WINDOW };
      measurePrompt({
        model,
        countTokens,
        turns,
        draft: here ? typed.text : '',
        choices,
        preferences: { promptFormat, sampling },
        firstGuess: dropped.current,
      }).then(
        (view) => {
          if (gone) return;
          dropped.current = view.droppedExchanges;
          setLive({ view, exact: counts, error: null });
        },
        (thrown: unknown) => {
          if (!gone) setLive((before) => ({ ...before, error: toAppError(thrown) }));
        },
      );
    };
    const soon = (): void => {
      clearTimeout(timer);
      timer = setTimeout(measure, DELAY_MS);
    };
    soon();
    // Not by state: the panel must not be drawn on every key.
    const unsubscribe = useDraftText.subscribe(soon);
    return () => {
      gone = true;
      clearTimeout(timer);
      unsubscribe();
    };
  }, [conversationId, path, choices, promptFormat, sampling, loaded, counts, countTokens]);
  return live;
}
