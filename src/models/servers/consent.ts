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
type Answer = 'yes' | 'no' | 'stopped';
let asking: { readonly serverId: string; readonly answer: Promise<Answer> } | null = null;

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
    const open = asking ?? begin(server, signal);
    const answer = await open.answer;
    // Another server's answer, or the end of the request that asked, is no answer to this one.
    const mine = open.serverId === server.id && answer === 'no';
    if (mine || signal?.aborted)
      throw new AppError('server/unconfirmed', 'a person did not agree', { host: server.host });
  }
}

function begin(server: WordsGoTo, signal: AbortSignal | undefined): NonNullable<typeof asking> {
  const answer = ask(server, signal).then((given) => {
    asking = null;
    if (given === 'yes') agreed.add(server.id);
    return given;
  });
  asking = { serverId: server.id, answer };
  return asking;
}

function ask(server: WordsGoTo, signal: AbortSignal | undefined): Promise<Answer> {
  return new Promise((resolve) => {
    const settle = (answer: Answer): void => {
      useConsent.setState({ question: null });
      signal?.removeEventListener('abort', onAbort);
      resolve(answer);
    };
    const onAbort = (): void => {
      settle('stopped');
    };
    if (signal?.aborted) {
      resolve('stopped');
      return;
    }
    signal?.addEventListener('abort', onAbort, { once: true });
    useConsent.setState({
      question: {
        server,
        answer: (yes) => {
          settle(yes ? 'yes' : 'no');
        },
      },
    });
  });
}
