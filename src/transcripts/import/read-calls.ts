import type { ReadPiece, ReadReport } from './read-result.ts';

/** What the page asks of the reading worker, which lives for one file. */
export interface ReadCalls {
  readonly open: {
    /** `sha256`: from the check file beside it. */
    readonly argument: { readonly file: File; readonly sha256: string | null };
    readonly report: never;
    readonly result: null;
  };
  /** What follows the part before, or the report at the end. */
  readonly next: {
    readonly argument: null;
    readonly report: never;
    readonly result: { readonly part: ReadPiece } | { readonly report: ReadReport };
  };
}
