/** A model for tests of the chat's session, which says nothing of itself. */
import { loadedFixture } from '../../engine/contract/hosted.ts';
import type { GenerateRequest, GenerationEvent, LoadedModel } from '../../engine/port.ts';
import { AppError } from '../../errors/app-error.ts';
import { untilAborted } from '../../lib/waiting/until-aborted.ts';
import { deferred, type Deferred } from '../../lib/deferred.ts';
import type { ChatModel } from './session-types.ts';

export const LOADED: LoadedModel = loadedFixture({
  engineVersion: '1',
  source: 'models/demo.gguf',
  sourceSha256: 'ab',
  verifiedAt: 1_700_000_000_000,
});

/** A model that writes what the test tells it to, when it tells it to. */
export class FakeModel implements ChatModel {
  readonly requests: GenerateRequest[] = [];
  readonly loading: Deferred<LoadedModel> = deferred();
  problem: AppError | null = null;
  /** A person does not let words go to a server. */
  refusal: AppError | null = null;
  #pieces: ((piece: string | AppError) => void)[] = [];
  #ready: (string | AppError)[] = [];

  unusable(): AppError | null {
    return this.problem;
  }
  ensureLoaded(signal: AbortSignal): Promise<LoadedModel> {
    return untilAborted(this.loading.promise, signal);
  }
  permit(): Promise<void> {
    return this.refusal ? Promise.reject(this.refusal) : Promise.resolve();
  }
  /** Four characters a token. */
  countTokens(text: string): Promise<number> {
    return Promise.resolve(Math.ceil(text.length / 4));
  }
  say(...pieces: (string | AppError)[]): void {
    for (const piece of pieces) {
      const waiting = this.#pieces.shift();
      if (waiting) waiting(piece);
      else this.#ready.push(piece);
    }
  }

  async *generate(request: GenerateRequest, signal?: AbortSignal): AsyncGenerator<GenerationEvent> {
    this.requests.push(request);
    let completionTokens = 0;
    for (;;) {
      const piece = await new Promise<string | AppError>((resolve) => {
        const ready = this.#ready.shift();
        if (ready !== undefined) resolve(ready);
        else this.#pieces.push(resolve);
        signal?.addEventListener('abort', () => {
          resolve('abort');
        });
      });
      if (piece instanceof AppError) throw piece;
      const aborted = signal?.aborted === true;
      if (aborted || piece === 'end') {
        yield {
          type: 'done',
          finishReason: aborted ? 'aborted' : 'stop',
          usage: { promptTokens: 10, reusedTokens: 2, completionTokens },
          timings: { timeToFirstTokenMs: 5, prefillMs: 4, decodeMs: 10, decodeTokensPerSecond: 50 },
          seed: 7,
          ignored: [],
        };
        return;
      }
      completionTokens += 1;
      yield { type: 'token', text: piece, completionTokens, elapsedMs: completionTokens * 10 };
    }
  }
}
