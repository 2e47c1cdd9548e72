/** What the page and the acquisition worker say to each other, and what every tab hears. */
import type { WireError } from '../../errors/app-error.ts';
import type { ChosenFile, JobNotice, JobProgress } from './jobs/acquisition-job.ts';
import type { Acquisition } from '../storage/records.ts';

/** Held by the one tab that fetches, converts or verifies. */
export const ACQUIRE_LOCK = 'meditron-acquire';
export const MODELS_CHANNEL = 'meditron-models';

export type AcquireRequest =
  | { readonly type: 'start'; readonly acquisition: Acquisition; readonly files: readonly ChosenFile[] }
  /** `files` again after a reload; empty for URLs, and while the page that chose them still lives. */
  | { readonly type: 'resume'; readonly installId: string; readonly files: readonly ChosenFile[] }
  | { readonly type: 'verify'; readonly installId: string; readonly files: readonly ChosenFile[] }
  /** Stops the running job; its row says "paused". */
  | { readonly type: 'pause' }
  /** Stops it if it runs, and frees everything it stored. */
  | { readonly type: 'delete'; readonly installId: string }
  | { readonly type: 'fetch-library'; readonly url: string; readonly sha256: string | null }
  | { readonly type: 'import-library'; readonly url: string; readonly file: File };

/** Messages to the worker carry a number that its reply repeats. */
export interface AcquireCall {
  readonly call: number;
  readonly siteUrl: string;
  readonly request: AcquireRequest;
}

export type AcquireReply =
  | { readonly call: number; readonly ok: true; readonly freedBytes: number }
  | { readonly call: number; readonly ok: false; readonly error: WireError };

export interface ActiveJob {
  readonly installId: string;
  readonly modelId: string;
  readonly kind: 'convert' | 'import' | 'download' | 'verify';
  readonly progress: JobProgress;
}

/** On the broadcast channel, heard by every tab. */
export type ModelsMessage =
  /** A tab that opened asks whether anything is under way. */
  | { readonly type: 'hello' }
  | { readonly type: 'active'; readonly job: ActiveJob }
  | { readonly type: 'ended'; readonly installId: string }
  | { readonly type: 'notice'; readonly installId: string; readonly notice: JobNotice }
  /** Rows changed: read them again. */
  | { readonly type: 'changed' };
