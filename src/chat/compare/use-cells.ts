import { useEffect, useRef, useState } from 'react';
import type { ShownMessage } from '../../database/records.ts';
import { isAbort, toAppError, type AppError } from '../../errors/app-error.ts';
import { useChat } from '../session/chat-environment.ts';
import type { SweepCell } from './sweep-cells.ts';
import { runCells } from './run-cells.ts';

export interface CellsState {
  /** Cells begun; null: none are being written. */
  readonly running: { readonly begun: number; readonly of: number } | null;
  readonly error: AppError | null;
  /** @returns the ids of the new versions; null: it was stopped, or failed as `error` says. */
  readonly start: (cells: readonly SweepCell[]) => Promise<readonly string[] | null>;
  readonly stop: () => void;
}

/** Has versions of a reply written. What is written stays, also when the dialog is closed on the way; the rest is not begun. */
export function useCells(reply: ShownMessage): CellsState {
  const { session, models } = useChat();
  const [running, setRunning] = useState<CellsState['running']>(null);
  const [error, setError] = useState<AppError | null>(null);
  const controller = useRef<AbortController | null>(null);

  useEffect(
    () => () => {
      controller.current?.abort();
    },
    [],
  );

  return {
    running,
    error,
    stop: () => controller.current?.abort(),
    start: async (cells) => {
      const mine = new AbortController();
      controller.current = mine;
      setError(null);
      setRunning({ begun: 0, of: cells.length });
      let begun = 0;
      try {
        const ids = await runCells({
          session,
          reply,
          cells,
          useModel: models.use,
          signal: mine.signal,
          onBegun: () => {
            begun += 1;
            setRunning({ begun, of: cells.length });
          },
        });
        return mine.signal.aborted ? null : ids;
      } catch (thrown) {
        if (!isAbort(thrown)) setError(toAppError(thrown));
        return null;
      } finally {
        setRunning(null);
      }
    },
  };
}
