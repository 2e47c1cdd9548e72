/**
 * Who may use the loaded model next. An engine does one thing at a time and refuses a second; a chat and a long run of questions
 * share it by turns. A person goes first: work in the background is asked to let go, and gets its turn back afterwards.
 */
import { AppError } from '../../errors/app-error.ts';

export type Urgency = 'person' | 'background';

export interface Turn {
  /** Aborts when a person waits; what runs in the background should stop and take another turn. Never for a person's own. */
  readonly wanted: AbortSignal;
  /** Ends the turn. Safe to call twice. */
  end(): void;
}

interface Waiting {
  readonly urgency: Urgency;
  readonly begin: () => void;
}

export class EngineTurns {
  #current: { readonly urgency: Urgency; readonly wanted: AbortController } | null = null;
  #waiting: Waiting[] = [];

  /** Waits for a turn: first come, first served, people before background work. @throws AppError `aborted`. */
  take(urgency: Urgency, signal?: AbortSignal): Promise<Turn> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) {
        reject(stopped());
        return;
      }
      const waiting: Waiting = {
        urgency,
        begin: () => {
          signal?.removeEventListener('abort', giveUp);
          const turn = { urgency, wanted: new AbortController() };
          this.#current = turn;
          const end = (): void => {
            if (this.#current !== turn) return;
            this.#current = null;
            this.#next();
          };
          resolve({ wanted: turn.wanted.signal, end });
        },
      };
      const giveUp = (): void => {
        this.#waiting = this.#waiting.filter((each) => each !== waiting);
        reject(stopped());
      };
      signal?.addEventListener('abort', giveUp, { once: true });
      this.#waiting.push(waiting);
      if (urgency === 'person' && this.#current?.urgency === 'background') this.#current.wanted.abort();
      if (this.#current === null) this.#next();
    });
  }

  #next(): void {
    const next = this.#waiting.find(({ urgency }) => urgency === 'person') ?? this.#waiting[0];
    if (!next) return;
    this.#waiting = this.#waiting.filter((each) => each !== next);
    next.begin();
  }
}

function stopped(): AppError {
  return new AppError('aborted', 'the work was given up before its turn');
}

/** The turns of this tab's one engine. */
export const engineTurns = new EngineTurns();
