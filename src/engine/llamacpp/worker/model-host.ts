/** The worker's side: answers calls with work on one model. */
import { AppError, toAppError, type ErrorCode } from '../../../errors/app-error.ts';
import { answerCalls, type Handlers, type WorkerScope } from '../../../lib/worker/worker-rpc.ts';
import { ExclusiveWork } from '../../tab/exclusive-work.ts';
import { ReplyClock } from '../../reply/reply-clock.ts';
import type { ChosenToken } from '../../port.ts';
import type { LlamaCppCalls } from '../calls.ts';
import { countNatively, generate } from './generate.ts';
import { loadModel, type LoadEnvironment, type RunningModel } from './load/load-model.ts';
import { score } from './score.ts';
import { TokenBatcher } from './tokens/token-batcher.ts';

/** After these llama.cpp cannot go on. */
const FATAL: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['engine/worker-crashed', 'engine/device-lost']);

export function hostModel(scope: WorkerScope, environment: LoadEnvironment): void {
  let running: RunningModel | null = null;
  /** llama.cpp could interleave several completions, at the cost of each. */
  const work = new ExclusiveWork();

  const loaded = (): RunningModel => {
    if (!running) throw new AppError('engine/not-loaded', 'no model is loaded in this worker');
    return running;
  };

  const handlers: Handlers<LlamaCppCalls> = {
    async load(order, { report }) {
      if (running) throw new AppError('engine/busy', 'this worker has loaded a model already');
      const result = await loadModel(order, environment, report, (error) => lose(error));
      running = result.running;
      return result.facts;
    },
    async generate(request, { signal, report }) {
      const clock = new ReplyClock();
      const { model, text } = loaded();
      const batcher = new TokenBatcher((piece, completionTokens, tokens) =>
        report({ text: piece, completionTokens, elapsedMs: clock.token(), ...(tokens && { tokens }) }),
      );
      const listener = {
        prefill: () => report(null),
        tokens: (piece: string, completionTokens: number, told?: readonly ChosenToken[]) =>
          batcher.push(piece, completionTokens, told),
      };
      try {
        const end = await work.run(() => generate(model, text, request, signal, listener));
        return clock.done(end);
      } finally {
        batcher.flush();
      }
    },
    score({ prompt, options }, { signal }) {
      const { model, text } = loaded();
      return work.run(() => score(model, text, prompt, options, signal));
    },
    async count(given, { signal }) {
      const { model, text } = loaded();
      const safe = text.safe(given);
      if (text.tokenizer) return text.tokenizer.encode(safe).length;
      const counted = await work.run(() => countNatively(model, safe, signal));
      return counted - (model.facts.addsBos ? 1 : 0);
    },
    unload: () => null,
  };

  const lose = answerCalls(scope, handlers, {
    errorOf: (thrown, name) =>
      running?.deviceLost ??
      toAppError(thrown, name === 'load' ? 'engine/bad-model-file' : 'engine/generation-failed'),
    isFatal: ({ code }, name) => name !== 'load' && FATAL.has(code),
  });
}
