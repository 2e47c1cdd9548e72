/** What the page asks of the search worker. */
import type { WireError } from '../../errors/app-error.ts';
import type { SearchResult } from './search-index.ts';

/** How rows are sealed; there is none where they are not. */
export interface RowKey {
  readonly kind: 'on' | 'ending';
  readonly key: Uint8Array<ArrayBuffer>;
}

export interface SearchCalls {
  /** Comes before every other call. */
  readonly begin: { readonly argument: RowKey | null; readonly report: never; readonly result: null };
  readonly search: {
    readonly argument: { readonly query: string; readonly limit: number };
    readonly report: never;
    readonly result: SearchResult;
  };
  /** Reads the index and brings it up to date, so that the first search is as fast as the others. */
  readonly warm: { readonly argument: null; readonly report: never; readonly result: null };
  /** Never ends: tells when more texts are indexed than before (ask again), or why they are not. */
  readonly follow: {
    readonly argument: null;
    readonly report: { readonly failure: WireError | null };
    readonly result: never;
  };
}
