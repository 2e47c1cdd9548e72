/** Answers the page's calls with a session's work, and gives every failure its code. */
import { AppError, type ErrorCode } from '../../../errors/app-error.ts';
import { answerCalls, type WorkerScope } from '../../../lib/worker/worker-rpc.ts';
import { ExclusiveWork } from '../../tab/exclusive-work.ts';
import type { MlcCalls } from '../calls.ts';
import type { DeviceEvents } from './web-llm/device-watch.ts';
import { fromWebLlm, isFatal } from './web-llm/web-llm-errors.ts';
import type { WorkerSession } from './worker-session.ts';

type Session = Pick<WorkerSession, 'load' | 'loadFault' | 'generate' | 'score' | 'count' | 'unload'>;

/** For errors no rule knows. */
const FALLBACK: Record<Exclude<keyof MlcCalls, 'load'>, ErrorCode> = {
  generate: 'engine/generation-failed',
  score: 'engine/generation-failed',
  count: 'engine/generation-failed',
  unload: 'unknown',
};

/** @param log the worker's latest console lines. @returns what to tell of the GPU. */
export function hostSession(
  scope: WorkerScope,
  session: Session,
  log: { readonly lines: readonly string[] },
): DeviceEvents {
  /** What the GPU said first: the errors that follow from it say less. */
  let gpuError: AppError | null = null;
  let unloading = false;
  const work = new ExclusiveWork();

  const lose = answerCalls<MlcCalls>(
    scope,
    {
      load: (order, { report }) => session.load(order, report),
      generate: (request, { signal, report }) => work.run(() => session.generate(request, signal, report)),
      score: ({ prompt, options }, { signal }) => work.run(() => session.score(prompt, options, signal)),
      count: (text) => session.count(text),
      unload: async () => {
        // It destroys the device on purpose.
        unloading = true;
        await session.unload();
        return null;
      },
    },
    {
      errorOf: (thrown, name) => {
        // What is under way stumbles over tensors that are freed; it was unloaded, and nothing else is wrong.
        if (unloading && name !== 'unload') return new AppError('aborted', 'the model was unloaded');
        return (
          gpuError ?? fromWebLlm(thrown, name === 'load' ? session.loadFault : FALLBACK[name], log.lines)
        );
      },
      isFatal: (error, name) => name !== 'load' && name !== 'unload' && isFatal(error),
    },
  );

  const fail = (error: AppError): void => {
    if (unloading) return;
    gpuError ??= error;
    lose(gpuError);
  };
  return { lost: fail, refused: fail };
}
