/** Replies this tab is writing or about to write, as the screen sees them between two saves. */
import { createStore } from 'zustand/vanilla';
import type { GenerationWaiting } from '../../../engine/port.ts';
import type { AppError } from '../../../errors/app-error.ts';

export type LivePhase =
  /** Another reply of this tab is being written. */
  | 'waiting-turn'
  | 'waiting-model'
  /** Prefill: the model reads the prompt. */
  | 'reading'
  /** Decode. */
  | 'writing'
  /** Over; shown until the stored row says the same. */
  | 'ended';

export interface LiveReply {
  readonly conversationId: string;
  readonly messageId: string;
  readonly phase: LivePhase;
  readonly status: 'streaming' | 'complete' | 'stopped' | 'failed';
  readonly text: string;
  readonly completionTokens: number;
  /** null until the first token. */
  readonly timeToFirstTokenMs: number | null;
  /** After the first token; 0 while fewer than two came. */
  readonly tokensPerSecond: number;
  /** Why a server has not gone on; null: it has, or the model is here. */
  readonly waiting: GenerationWaiting | null;
  readonly error: AppError | null;
}

export interface LiveReplies {
  readonly replies: ReadonlyMap<string, LiveReply>;
}

export type LiveRepliesStore = ReturnType<typeof createLiveReplies>;

export function createLiveReplies() {
  const store = createStore<LiveReplies>(() => ({ replies: new Map() }));
  return {
    ...store,
    put(reply: LiveReply): void {
      store.setState(({ replies }) => ({ replies: new Map(replies).set(reply.messageId, reply) }));
    },
    change(messageId: string, changes: Partial<Omit<LiveReply, 'messageId' | 'conversationId'>>): void {
      const before = store.getState().replies.get(messageId);
      if (before) this.put({ ...before, ...changes });
    },
    remove(messageId: string): void {
      store.setState(({ replies }) => {
        const next = new Map(replies);
        next.delete(messageId);
        return { replies: next };
      });
    },
  };
}
