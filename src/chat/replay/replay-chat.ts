/** Every reply of a chat once more, in order. */
import type { Provenance, ShownMessage } from '../../database/records.ts';
import { isAbort, toAppError, type AppError } from '../../errors/app-error.ts';
import type { ChatSession } from '../session/chat-session.ts';
import { replay, type Replay } from './replay.ts';

export type ReplyRun =
  | { readonly state: 'waiting' }
  | { readonly state: 'running'; readonly characters: number }
  | { readonly state: 'done'; readonly result: Replay; readonly provenance: Provenance }
  | { readonly state: 'failed'; readonly error: AppError };

/** What a model wrote and what can be run again; a person's own replies are neither. */
export function replayable(path: readonly ShownMessage[]): readonly ShownMessage[] {
  return path.filter(
    ({ role, provenance, status }) => role === 'assistant' && provenance !== null && status !== 'streaming',
  );
}

/**
 * Each from its own record, so that one that parts does not draw the next ones along.
 * @param recordOf a reply's record by its id; one without is not run.
 * @param onRun told how each stands. What fails is told and the next one begun. @throws AppError `aborted`
 */
export async function replayChat(
  recordOf: (messageId: string) => Promise<Provenance | null>,
  session: Pick<ChatSession, 'aside'>,
  replies: readonly ShownMessage[],
  signal: AbortSignal,
  onRun: (messageId: string, run: ReplyRun) => void,
): Promise<void> {
  for (const { id, text, edited } of replies) {
    signal.throwIfAborted();
    onRun(id, { state: 'running', characters: 0 });
    try {
      const provenance = await recordOf(id);
      if (!provenance) continue;
      const result = await session.aside(
        (model, loaded) =>
          replay({ text, edited, provenance }, model, loaded, signal, (written) => {
            onRun(id, { state: 'running', characters: written.length });
          }),
        signal,
      );
      onRun(id, { state: 'done', result, provenance });
    } catch (thrown) {
      if (isAbort(thrown)) {
        onRun(id, { state: 'waiting' });
        throw thrown;
      }
      onRun(id, { state: 'failed', error: toAppError(thrown, 'engine/generation-failed') });
    }
  }
}

/** e.g. `2 of 3 replies are the same; the first that parts is reply 2.` */
export function summary(runs: readonly (ReplyRun | undefined)[]): string {
  const same = runs.filter((run) => run?.state === 'done' && run.result.comparison?.kind === 'same').length;
  const parted = runs.findIndex((run) => run?.state === 'done' && run.result.comparison?.kind === 'parted');
  const first = parted < 0 ? '' : `; the first that parts is reply ${String(parted + 1)}`;
  return `${String(same)} of ${String(runs.length)} ${runs.length === 1 ? 'reply is' : 'replies are'} the same${first}.`;
}
