/** What page and search worker say to each other. */
import type { WireError } from '../../errors/app-error.ts';
import type { SearchResult } from './search-index.ts';

export type SearchRequest =
  | { readonly type: 'search'; readonly id: number; readonly query: string; readonly limit: number }
  /** Read the index and bring it up to date, so that the first search is as fast as the others. */
  | { readonly type: 'warm' };

export type SearchReply =
  | { readonly type: 'result'; readonly id: number; readonly result: SearchResult }
  | { readonly type: 'failed'; readonly id: number; readonly error: WireError }
  /** More texts are indexed than before: ask again. */
  | { readonly type: 'indexed' };
