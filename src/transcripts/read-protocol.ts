import type { WireError } from '../lib/errors.ts';
import type { ReadFile } from './read-result.ts';

export interface ReadRequest {
  readonly file: File;
}

export type ReadAnswer =
  { readonly ok: true; readonly read: ReadFile } | { readonly ok: false; readonly error: WireError };
