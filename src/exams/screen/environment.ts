import { createContext, use } from 'react';
import { tabEngine, useEngine } from '../../engine/tab/engine-store.ts';
import type { EngineState, LoadedModel } from '../../engine/port.ts';
import { tellServerWaiting } from '../runs/run-service.ts';
import type { RunEngine } from '../runs/runner.ts';

/** What the shell gives the exams: the way to a chat, to a model, and the facts of this session. */
export interface ExamsEnvironment {
  readonly appVersion: string;
  readonly notice: () => { readonly version: string | null; readonly acknowledgedAt: number | null };
  /** Asks, once a session, before questions go to a server's model; nothing for one of this machine. @throws AppError `aborted` */
  readonly permit: (signal: AbortSignal) => Promise<void>;
  /** Begins to load the Demo model where no other is to be used. */
  readonly prepareModel: () => void;
  /** Asks a question in a new chat and goes there. */
  readonly askInChat: (question: string) => Promise<void>;
  readonly navigate: (path: string) => void;
}

export const ExamsContext = createContext<ExamsEnvironment | null>(null);

export function useExams(): ExamsEnvironment {
  const environment = use(ExamsContext);
  if (!environment) throw new TypeError('the exams have no environment');
  return environment;
}

export function loadedModel(state: EngineState): LoadedModel | null {
  return state.status === 'ready' || state.status === 'generating' ? state.loaded : null;
}

/** The model in use; null without one. Changes only with the model, not with every reply. */
export function useLoadedModel(): LoadedModel | null {
  return useEngine((store) => loadedModel(store.state));
}

/** Why the model in use can't score options, in a sentence; null: it can, or none is loaded. */
export function scoringLack(loaded: LoadedModel | null): string | null {
  if (!loaded || loaded.abilities.scoring) return null;
  return loaded.server
    ? `The server ${loaded.server.name} can’t score options. ${loaded.server.scoringProblem}`.trim()
    : `${loaded.displayName} can’t score options here.`;
}

/** The engine of this tab as runs use it, whichever it is at the moment. */
export function runEngine(): RunEngine {
  return {
    loaded: () => loadedModel(tabEngine.state),
    async score(prompt, options, signal) {
      try {
        return await tabEngine.score(prompt, options, signal, tellServerWaiting);
      } finally {
        tellServerWaiting(null);
      }
    },
    async *generate(request, signal) {
      try {
        for await (const event of tabEngine.generate({ ...request, onWaiting: tellServerWaiting }, signal)) {
          tellServerWaiting(null);
          yield event;
        }
      } finally {
        tellServerWaiting(null);
      }
    },
    countTokens: (text) => tabEngine.countTokens(text),
  };
}
