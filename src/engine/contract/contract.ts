/**
 * What every engine must do, as checks over the tab's engine: each engine's tests run them all, in node over a fake of what
 * lies below the engine, and in a browser over the real thing. Free of any test library, since they run in a page, too.
 *
 * ```ts
 * describe('the engine contract', () => {
 *   for (const { name, run } of ENGINE_CONTRACT) it(name, () => run(freshSubject()));
 * });
 * ```
 */
import { STATE_CHECKS } from './state-checks.ts';
import type { ContractCheck } from './support.ts';
import { TOKEN_CHECKS } from './token-checks.ts';

export const ENGINE_CONTRACT: readonly ContractCheck[] = [...STATE_CHECKS, ...TOKEN_CHECKS];
