/** Reads question files off the page's thread: 20,000 records are seconds of parsing and hashing. */
import '../../network/egress-gate.ts';
import { toWire, type WireError } from '../../errors/app-error.ts';
import { importQuestions, type ImportedSet } from './import-set.ts';
import type { Table } from './reading.ts';
import type { SourceFile } from './tables.ts';

export type ImportAnswer =
  | {
      readonly type: 'done';
      readonly sets: readonly ImportedSet[];
      readonly unmapped: readonly Table[];
      readonly failed: readonly { readonly file: string; readonly error: WireError }[];
    }
  | { readonly type: 'failed'; readonly error: WireError };

self.addEventListener('message', (event: MessageEvent<readonly SourceFile[]>) => {
  void answer(event.data).then((reply) => {
    postMessage(reply);
  });
});

async function answer(files: readonly SourceFile[]): Promise<ImportAnswer> {
  try {
    const { sets, unmapped, failed } = await importQuestions(files);
    return {
      type: 'done',
      sets,
      unmapped,
      failed: failed.map(({ file, error }) => ({ file, error: toWire(error) })),
    };
  } catch (error) {
    return { type: 'failed', error: toWire(error, 'exams/damaged') };
  }
}
