/** The worker's side: turns messages into work on one model, and its outcome into messages. */
import { AppError, toWire, type ErrorCode } from '../../../errors/app-error.ts';
import { countNatively, generate } from './generate.ts';
import { loadModel, type LoadEnvironment, type RunningModel } from './load/load-model.ts';
import type { FromWorker, ToWorker } from '../messages.ts';
import { score } from './score.ts';
import { TokenBatcher } from './token-batcher.ts';

type Order = Exclude<ToWorker, { type: 'stop' }>;

/** For what is thrown without a code. */
const FALLBACK: Record<Order['type'], ErrorCode> = {
  load: 'engine/bad-model-file',
  generate: 'engine/generation-failed',
  score: 'engine/generation-failed',
  count: 'engine/generation-failed',
};

/** After these llama.cpp cannot go on. */
const FATAL: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['engine/worker-crashed', 'engine/device-lost']);

export class ModelHost {
  readonly #post: (message: FromWorker) => void;
  readonly #environment: LoadEnvironment;
  #running: RunningModel | null = null;
  readonly #stops = new Map<number, AbortController>();
  /** The completion under way: llama.cpp could interleave several, at the cost of each. */
  #work: Promise<unknown> = Promise.resolve();

  constructor(post: (message: FromWorker) => void, environment: LoadEnvironment) {
    this.#post = post;
    this.#environment = environment;
  }

  handle(message: ToWorker): void {
    if (message.type === 'stop') {
      this.#stops.get(message.id)?.abort();
      return;
    }
    const stop = new AbortController();
    this.#stops.set(message.id, stop);
    void this.#answer(message, stop.signal).then((answer) => {
      this.#stops.delete(message.id);
      // In place of the answer: between two messages the engine would be ready, and the next question begin in vain.
      const fatal = answer.type === 'failed' && message.type !== 'load' && FATAL.has(answer.error.code);
      this.#post(fatal ? { type: 'lost', error: answer.error } : answer);
    });
  }

  async #answer(message: Order, signal: AbortSignal): Promise<FromWorker> {
    try {
      return await this.#run(message, signal);
    } catch (thrown) {
      const error = this.#running?.deviceLost ?? thrown;
      return { type: 'failed', id: message.id, error: toWire(error, FALLBACK[message.type]) };
    }
  }

  async #run(message: Order, signal: AbortSignal): Promise<FromWorker> {
    const { id } = message;
    switch (message.type) {
      case 'load': {
        if (this.#running) throw new AppError('engine/busy', 'this worker has loaded a model already');
        const { running, facts } = await loadModel(
          message.order,
          this.#environment,
          (progress) => this.#post({ type: 'progress', id, progress }),
          (error) => this.#post({ type: 'lost', error: toWire(error) }),
        );
        this.#running = running;
        return { type: 'loaded', id, facts };
      }
      case 'generate': {
        const { model, text } = this.#loaded();
        const batcher = new TokenBatcher((piece, completionTokens) =>
          this.#post({ type: 'tokens', id, text: piece, completionTokens }),
        );
        const listener = {
          prefill: () => this.#post({ type: 'prefill', id }),
          tokens: (piece: string, completionTokens: number) => batcher.push(piece, completionTokens),
        };
        try {
          const done = await this.#alone(() => generate(model, text, message.request, signal, listener));
          batcher.flush();
          return { type: 'done', id, done };
        } finally {
          batcher.flush();
        }
      }
      case 'score': {
        const { model, text } = this.#loaded();
        const scores = await this.#alone(() => score(model, text, message.prompt, message.options, signal));
        return { type: 'scores', id, scores };
      }
      case 'count': {
        const { model, text } = this.#loaded();
        const safe = text.safe(message.text);
        if (text.tokenizer) return { type: 'count', id, tokens: text.tokenizer.encode(safe).length };
        const counted = await this.#alone(() => countNatively(model, safe, signal));
        return { type: 'count', id, tokens: counted - (model.facts.addsBos ? 1 : 0) };
      }
    }
  }

  /** Runs work on the model when whatever runs before it is over. */
  #alone<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#work.then(work);
    this.#work = result.catch(() => undefined); // whoever awaits `result` sees the error
    return result;
  }

  #loaded(): RunningModel {
    if (!this.#running) throw new AppError('engine/not-loaded', 'no model is loaded in this worker');
    return this.#running;
  }
}
