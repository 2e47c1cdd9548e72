import type { WireError } from '../../errors/app-error.ts';
import type { ReadPart, ReadReport } from './read-result.ts';

/** The first names the file (`sha256`: from the check file beside it), every other asks for what follows the part before. */
export type ReadRequest =
  { readonly type: 'read'; readonly file: File; readonly sha256: string | null } | { readonly type: 'next' };

export type ReadAnswer =
  | { readonly type: 'part'; readonly part: ReadPart }
  | { readonly type: 'done'; readonly report: ReadReport }
  | { readonly type: 'failed'; readonly error: WireError };
