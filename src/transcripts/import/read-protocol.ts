import type { WireError } from '../../errors/app-error.ts';
import type { ReadPart, ReadReport } from './read-result.ts';

/** The first names the file, every other asks for what follows the part before. */
export type ReadRequest = { readonly type: 'read'; readonly file: File } | { readonly type: 'next' };

export type ReadAnswer =
  | { readonly type: 'part'; readonly part: ReadPart }
  | { readonly type: 'done'; readonly report: ReadReport }
  | { readonly type: 'failed'; readonly error: WireError };
