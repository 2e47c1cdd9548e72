/**
 * A run of a backup whose id is here already. It stays whole: as it is here, or, where all that is here is the beginning of the
 * file's, as it is there. Rows of two histories never meet in one run.
 */
import { write, type Store } from '../../conversations/data/store.ts';
import type { ExamPromptRow, ExamResultRow } from '../../database/schema.ts';
import { canonicalJson } from '../../transcripts/format/integrity/canonical.ts';
import type { Run } from '../runs/result.ts';
import { countResults } from './run-repository.ts';

/** `same`: nothing in the file is new. `completed`: it is now as in the file. `differs`: it stays as it was here. */
export type KnownRunEnd = 'same' | 'completed' | 'differs';

export class KnownRun {
  readonly #theirs: Run;
  #differs: boolean;
  #ended = false;
  /** Rows that are here as they are in the file. */
  #equal = 0;
  #results: ExamResultRow[] = [];
  #prompts: ExamPromptRow[] = [];

  constructor(theirs: Run, ours: Run) {
    this.#theirs = theirs;
    this.#differs = !sameStart(theirs, ours);
  }

  get title(): string {
    const { plan, createdAt } = this.#theirs;
    return `“${plan.setTitle}”, ${new Date(createdAt).toLocaleString('en-GB')}`;
  }

  get differs(): boolean {
    return this.#differs;
  }

  get ended(): boolean {
    return this.#ended;
  }

  addResult(theirs: ExamResultRow, ours: ExamResultRow | undefined): void {
    if (ours === undefined) this.#results.push(theirs);
    else if (canonicalJson(theirs) === canonicalJson(ours)) this.#equal += 1;
    else this.#differs = true;
  }

  addPrompt(theirs: ExamPromptRow, ours: ExamPromptRow | undefined): void {
    if (ours === undefined) this.#prompts.push(theirs);
    else if (canonicalJson(theirs) !== canonicalJson(ours)) this.#differs = true;
  }

  /** When all of the file's rows were seen. @throws AppError `storage/*` */
  async end(store: Store): Promise<KnownRunEnd> {
    const { db } = store;
    this.#ended = true;
    const more = this.#results.length > 0;
    if (more && (await countResults(store, this.#theirs.id)) !== this.#equal) this.#differs = true;
    if (this.#differs) return 'differs';
    if (!more) return 'same';
    const completed = await write(store, () =>
      db.transaction('rw', [db.examRuns, db.examResults, db.examPrompts], async () => {
        // Nothing may have come in between: the run may be at work in another tab.
        if ((await countResults(store, this.#theirs.id)) !== this.#equal) return false;
        await db.examRuns.put({ id: this.#theirs.id, value: this.#theirs });
        await db.examResults.bulkAdd(this.#results);
        await db.examPrompts.bulkPut(this.#prompts);
        return true;
      }),
    );
    this.#differs = !completed;
    return completed ? 'completed' : 'differs';
  }
}

/**
 * Whether both can be moments of one run: what is fixed when it begins or with its first answer is the same. Where one was opened from a
 * file, its set may have another id.
 */
function sameStart(one: Run, other: Run): boolean {
  const models =
    one.model === null || other.model === null || canonicalJson(one.model) === canonicalJson(other.model);
  const prefixes = Object.entries(one.prefixes).every(
    ([key, text]) => (other.prefixes[key] ?? text) === text,
  );
  return models && prefixes && canonicalJson(begun(one)) === canonicalJson(begun(other));
}

function begun(run: Run): Run {
  return {
    ...run,
    state: 'waiting',
    finishedAt: null,
    model: null,
    prefixes: {},
    openedFrom: '',
    plan: { ...run.plan, setId: '' },
  };
}
