import type { GenerationWaiting } from '../../../engine/port.ts';
import type { ShownMessage } from '../../../database/records.ts';
import { AppError, type ErrorCode } from '../../../errors/app-error.ts';
import type { LivePhase, LiveReply } from './live-replies.ts';

/** A message as it is at this moment: its row, or what this tab knows that the row does not say yet. */
export interface ShownReply {
  readonly text: string;
  readonly status: ShownMessage['status'];
  readonly edited: boolean;
  /** null: no reply of this tab is on its way. */
  readonly phase: LivePhase | null;
  readonly error: AppError | null;
  readonly timeToFirstTokenMs: number;
  readonly tokensPerSecond: number;
  /** Why a server has not gone on; null: it has. */
  readonly waiting: GenerationWaiting | null;
  /** The reply ended because it was as long as allowed. */
  readonly cutByLength: boolean;
}

export function shownReply(message: ShownMessage, live: LiveReply | null): ShownReply {
  const { provenance } = message;
  const row: ShownReply = {
    text: message.text,
    status: message.status,
    edited: message.edited,
    phase: null,
    waiting: null,
    error: storedError(message),
    timeToFirstTokenMs: provenance?.timeToFirstTokenMs ?? 0,
    tokensPerSecond: provenance?.decodeTokensPerSecond ?? 0,
    cutByLength: message.status === 'complete' && provenance?.finishReason === 'length',
  };
  if (!live) return row;
  // The row's end may arrive before or after ours: whichever says "over" is right. Its figures come with its last write.
  if (live.phase === 'ended' && message.status !== 'streaming') {
    return {
      ...row,
      error: live.error ?? row.error,
      timeToFirstTokenMs: row.timeToFirstTokenMs || (live.timeToFirstTokenMs ?? 0),
      tokensPerSecond: row.tokensPerSecond || live.tokensPerSecond,
    };
  }
  return {
    ...row,
    text: live.text,
    status: live.status,
    phase: live.phase,
    waiting: live.waiting,
    error: live.error,
    timeToFirstTokenMs: live.timeToFirstTokenMs ?? 0,
    tokensPerSecond: live.tokensPerSecond,
    cutByLength: false,
  };
}

/** After a reload only the code is left of an error; its words are the same. */
function storedError({ status, errorCode }: ShownMessage): AppError | null {
  if (status !== 'failed') return null;
  // A code of another version has no words here and is told as unknown.
  return new AppError((errorCode ?? 'engine/generation-failed') as ErrorCode, 'stored with the reply');
}
