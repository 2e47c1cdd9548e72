import type { Construct, Extension, TokenizeContext } from 'micromark-util-types';

/**
 * What reading a block may cost, in units of about a microsecond on the machine of 2021: four times the longest table or list of a
 * reply. Counted, not timed, so that a text is drawn alike everywhere.
 */
const MAX_WORK = 60_000;
/** A mark that could begin something: a token, its events, its place in the tree. */
const MARK_WORK = 30;
/** A line, and each event there is, since the end of an item moves them. */
const LINE_WORK = 30;
const EVENT_WORK = 0.02;
/** For what the count does not see: a hang ends. */
const MAX_MS = 1000;

/** The text would keep the parser busy for longer than a reader waits. */
export class TooMuchWork extends Error {}

export interface WorkGuards {
  readonly line: Construct;
  readonly mark: Construct;
  /** For the next text. */
  reset(): void;
}

/** Constructs that are never found and count what is done. */
export function workGuards(): WorkGuards {
  let begun = performance.now();
  let work = 0;
  const add = (amount: number): void => {
    work += amount;
    if (work > MAX_WORK || performance.now() - begun > MAX_MS) throw new TooMuchWork();
  };
  return {
    reset() {
      begun = performance.now();
      work = 0;
    },
    line: {
      tokenize(this: TokenizeContext, _effects, _ok, nok) {
        add(LINE_WORK + this.events.length * EVENT_WORK);
        return nok;
      },
    },
    mark: {
      partial: true,
      tokenize(_effects, _ok, nok) {
        add(MARK_WORK);
        return nok;
      },
    },
  };
}

/** `!`, `&`, `*`, `<`, `[`, `\\`, `]`, `_`: what begins something in running text. */
const MARKS = [33, 38, 42, 60, 91, 92, 93, 95];
/** `$` and `` ` `` begin something only where a run of them begins. */
const RUNS = [36, 96];

/** The guards for a parser of the usual Markdown. */
export function guardedMarkdown({ line, mark }: WorkGuards): Extension {
  return {
    document: { null: line },
    text: Object.fromEntries([
      ...MARKS.map((code) => [code, mark] as const),
      ...RUNS.map(
        (code) => [code, { ...mark, previous: (before) => before !== code } satisfies Construct] as const,
      ),
    ]),
  };
}
