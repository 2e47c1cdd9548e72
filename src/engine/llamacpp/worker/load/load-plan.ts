/** In which order ways to load a model are tried, and which failure makes the next one worth trying. */
import type { AppError, ErrorCode } from '../../../../errors/app-error.ts';
import type { Backend } from '../../../port.ts';
import type { BackendChoice } from './backend.ts';

export interface LoadAttempt {
  readonly backend: Backend;
  /** Tokens. */
  readonly contextLength: number;
}

/** Tokens. Smaller windows than the model's, for when its KV cache does not fit: 7B needs 0.5 MiB a token. */
const SMALLER_CONTEXTS = [1536, 1024, 768, 512];

/**
 * Largest window first, and all windows of the GPU before the CPU: a smaller window there is worth more than a
 * hundredfold slower reply.
 */
export function planLoad(
  choice: Pick<BackendChoice, 'backend'>,
  wish: 'auto' | Backend,
  contextLength: number,
): readonly LoadAttempt[] {
  const contexts = [contextLength, ...SMALLER_CONTEXTS.filter((tokens) => tokens < contextLength)];
  const backends: readonly Backend[] =
    choice.backend === 'cpu' ? ['cpu'] : wish === 'auto' ? ['webgpu', 'cpu'] : ['webgpu'];
  return backends.flatMap((backend) => contexts.map((tokens) => ({ backend, contextLength: tokens })));
}

const GPU_FAULTS: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'engine/unsupported-adapter',
  'engine/device-lost',
  'engine/worker-crashed',
]);

/** The attempts still worth making after `failed` ended with `error`; empty: give up with it. */
export function attemptsAfter(
  remaining: readonly LoadAttempt[],
  failed: LoadAttempt,
  error: AppError,
): readonly LoadAttempt[] {
  const { code } = error;
  if (code === 'engine/out-of-memory') return remaining;
  if (failed.backend === 'webgpu' && GPU_FAULTS.has(code)) {
    return remaining.filter(({ backend }) => backend === 'cpu');
  }
  return [];
}
