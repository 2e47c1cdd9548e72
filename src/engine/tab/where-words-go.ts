/**
 * Where what a person writes goes: the one place that decides it. Every sentence on screen that says "on this machine" asks
 * here, so that none of them can be wrong while a server is in use.
 */
import { useEngine } from './engine-store.ts';
import type { EngineState } from '../port.ts';
import { isRemoteModel } from '../remote/model.ts';

/** A server that gets words now, or would with the next message. */
export interface WordsGoTo {
  readonly id: string;
  /** What it is called on screen. */
  readonly name: string;
  readonly host: string;
  /** The model's name there; '' while it is not known. */
  readonly model: string;
}

/** null: nowhere, the model runs on this machine or none is in use. */
export function wordsGoTo(state: EngineState): WordsGoTo | null {
  switch (state.status) {
    case 'loading': {
      if (!isRemoteModel(state.model)) return null;
      const { id, name, root, model } = state.model.server;
      return { id, name, host: new URL(root).host, model: model ?? '' };
    }
    case 'ready':
    case 'generating':
    case 'lost':
      return state.loaded.server ?? null;
    case 'idle':
    case 'failed':
      return null;
  }
}

export function useWordsGoTo(): WordsGoTo | null {
  // Of a string, so that progress and tokens do not draw sentences anew.
  const text = useEngine(({ state }) => {
    const to = wordsGoTo(state);
    return to ? JSON.stringify([to.id, to.name, to.host, to.model]) : null;
  });
  if (text === null) return null;
  const [id, name, host, model] = JSON.parse(text) as [string, string, string, string];
  return { id, name, host, model };
}
