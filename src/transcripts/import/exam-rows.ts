/** Where a backup's exam rows go. The exams stand on this room, so the shell says it. */
import type { Store } from '../../conversations/data/store.ts';
import type { ExamRows } from '../format/document.ts';
import type { RestoredExams } from './read-result.ts';

/** @param fresh ids of sets that came in with the file, filled as they come. @throws AppError `storage/*` */
export type RestoreExams = (store: Store, rows: ExamRows, fresh: Set<string>) => Promise<RestoredExams>;

let taker: RestoreExams | null = null;

export function restoreExamsWith(restore: RestoreExams): void {
  taker = restore;
}

export const restoreExams: RestoreExams = (store, rows, fresh) => {
  if (!taker) throw new Error('nobody takes exam rows in');
  return taker(store, rows, fresh);
};
