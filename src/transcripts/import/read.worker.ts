/** Reads files off the page's thread: a backup of everything takes seconds to parse and check. */
import '../../network/egress-gate.ts';
import { AppError, toAppError } from '../../errors/app-error.ts';
import { answerCalls, type WorkerScope } from '../../lib/worker/worker-rpc.ts';
import type { ReadCalls } from './read-calls.ts';
import { readInPieces } from './files/read-in-pieces.ts';

let reading: ReturnType<typeof readInPieces> | null = null;

answerCalls<ReadCalls>(
  self as unknown as WorkerScope,
  {
    open: ({ file, sha256 }) => {
      reading = readInPieces(file, { sha256 });
      return null;
    },
    next: async () => {
      if (!reading) throw new AppError('transcript/damaged', 'No file was named.');
      const next = await reading.next();
      return next.done ? { report: next.value } : { part: next.value };
    },
  },
  { errorOf: (thrown) => toAppError(thrown, 'transcript/damaged') },
);
