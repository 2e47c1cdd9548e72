/** A person's agreement that words go to a server: asked once in a session and server, kept nowhere. */
import { create } from 'zustand';
import { AppError } from '../../errors/app-error.ts';
import type { WordsGoTo } from '../../engine/tab/where-words-go.ts';

interface Question {
  readonly server: WordsGoTo;
  readonly answer: (agreed: boolean) => void;
}

/** What the dialog shows; null: nothing is asked. */
export const useConsent = create<{ readonly question: Question | null }>(() => ({ question: null }));

const agreed = new Set<string>();
let asking: Promise<boolean> | null = null;

export function hasAgreed(serverId: string): boolean {
  return agreed.has(serverId);
}

/** An address or a model that changed is another server as far as words go. */
export function forgetConsent(serverId: string): void {
  agreed.delete(serverId);
}

/** Asks unless it was agreed to before. @throws AppError `server/unconfirmed` when a person says no, or `signal` ends it. */
export async function requireConsent(server: WordsGoTo, signal?: AbortSignal): Promise<void> {
  while (!agreed.has(server.id)) {
    if (!asking) {
      asking = ask(server, signal).finally(() => {
        asking = null;
      });
      if (!(await asking))
        throw new AppError('server/unconfirmed', 'a person did not agree', { host: server.host });
      agreed.add(server.id);
    } else if (!(await asking))
      throw new AppError('server/unconfirmed', 'a person did not agree', { host: server.host });
  }
}

function ask(server: WordsGoTo, signal: AbortSignal | undefined): Promise<boolean> {
  return new Promise((resolve) => {
    const answer = (yes: boolean): void => {
      useConsent.setState({ question: null });
      signal?.removeEventListener('abort', onAbort);
      resolve(yes);
    };
    const onAbort = (): void => {
      answer(false);
    };
    if (signal?.aborted) {
      resolve(false);
      return;
    }
    signal?.addEventListener('abort', onAbort, { once: true });
    useConsent.setState({ question: { server, answer } });
  });
}
