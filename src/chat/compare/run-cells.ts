/** Has versions of a reply written one after the other, each as its cell says. */
import type { Message } from '../../database/records.ts';
import { AppError } from '../../errors/app-error.ts';
import type { ChatSession } from '../session/chat-session.ts';
import { howOf, type SweepCell } from './sweep-cells.ts';

export interface CellsRun {
  readonly session: Pick<ChatSession, 'regenerate' | 'stopReply' | 'live'>;
  /** A version there is: the new ones stand beside it. */
  readonly reply: Pick<Message, 'conversationId' | 'parentId'>;
  readonly cells: readonly SweepCell[];
  /** Loads a model in place of the present one; resolves when it is ready. */
  readonly useModel: (modelId: string) => Promise<unknown>;
  readonly signal: AbortSignal;
  /** Told when a version is begun. */
  readonly onBegun: (at: number, messageId: string) => void;
}

/**
 * Cells of one model are written together, so that each is loaded once where only one fits.
 * @returns the ids of the versions in the order of the cells. @throws AppError `aborted`, what loading throws, `storage/full`
 */
export async function runCells(run: CellsRun): Promise<readonly string[]> {
  const { session, reply, cells, signal } = run;
  const ids: string[] = [];
  const models = [...new Set(cells.map(({ modelId }) => modelId))];
  for (const modelId of models) {
    if (modelId !== null) await run.useModel(modelId);
    for (const [at, cell] of cells.entries()) {
      if (cell.modelId !== modelId) continue;
      if (signal.aborted) throw new AppError('aborted', 'no more versions are wanted');
      const id = await session.regenerate(reply, howOf(cell));
      ids[at] = id;
      run.onBegun(at, id);
      await whenOver(session, id, signal);
    }
  }
  return ids;
}

/** Resolves when a reply of this tab has ended, however; `signal` ends it. */
function whenOver(session: CellsRun['session'], messageId: string, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const stop = (): void => {
      session.stopReply(messageId);
    };
    const look = (): void => {
      const reply = session.live.getState().replies.get(messageId);
      if (reply && reply.phase !== 'ended') return;
      unsubscribe();
      signal.removeEventListener('abort', stop);
      resolve();
    };
    const unsubscribe = session.live.subscribe(look);
    signal.addEventListener('abort', stop);
    look();
  });
}
