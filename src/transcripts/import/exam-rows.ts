/** Where a backup's exam rows go. The exams stand on this room, so the shell says it. */
import type { Store } from '../../conversations/data/store.ts';
import type { ExamRows } from '../format/document.ts';
import type { RestoredExams } from './read-result.ts';

/** One backup's exams on their way in. */
export interface ExamsRestore {
  /** The next part of the file. @throws AppError `storage/*` */
  take(rows: ExamRows): Promise<void>;
  /** After the last part. @returns what came of all of them. @throws AppError `storage/*` */
  end(): Promise<RestoredExams>;
  /** Instead of `end` after a failure: what is not whole is taken away again. @throws AppError `storage/*` */
  drop(): Promise<void>;
}

export type BeginExamsRestore = (store: Store) => Promise<ExamsRestore>;

let taker: BeginExamsRestore | null = null;

export function restoreExamsWith(begin: BeginExamsRestore): void {
  taker = begin;
}

export const beginExamsRestore: BeginExamsRestore = (store) => {
  if (!taker) throw new Error('nobody takes exam rows in');
  return taker(store);
};
