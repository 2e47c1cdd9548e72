import type { ShownMessage } from '../../database/records.ts';

/** English prose in a Llama vocabulary; the chat's own replies correct it. */
const CHARACTERS_PER_TOKEN = 3.8;

export interface ContextUsage {
  /** Tokens of the window the next prompt takes, an estimate. */
  readonly used: number;
  readonly window: number;
  /** The oldest messages are not part of the next prompt, as far as can be told. */
  readonly leavesOut: boolean;
}

/**
 * The last reply knows exactly how many tokens everything before and in it took; what came after it, and the draft, is
 * estimated from length. Asking the engine on every key would be exact and cost a worker's time while it writes.
 */
export function contextUsage(
  path: readonly ShownMessage[],
  draftCharacters: number,
  window: number,
): ContextUsage {
  const measured = path.findLastIndex(({ provenance }) => (provenance?.completionTokens ?? 0) > 0);
  const facts = path[measured]?.provenance;
  const known = facts ? facts.promptTokens + facts.completionTokens : 0;
  const later = path.slice(measured + 1).reduce((sum, { text }) => sum + text.length, draftCharacters);
  const used = Math.round(known + later / CHARACTERS_PER_TOKEN);
  // What the last reply was written without counts for nothing in its tokens: the sum may never pass the window.
  const leavesOut = used > window || (facts?.droppedMessageIds.length ?? 0) > 0;
  return { used, window, leavesOut };
}
