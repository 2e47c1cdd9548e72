/** What the page and the acquisition worker say to each other, and what every tab hears. */
import type { ChosenFile, AcquisitionNotice, AcquisitionProgress } from '../ways/acquisition-run.ts';
import type { Acquisition } from '../../storage/records.ts';

/** Held by the one tab that fetches, converts or verifies. */
export const ACQUIRE_LOCK = 'meditron-acquire';
export const MODELS_CHANNEL = 'meditron-models';

export type AcquireRequest =
  | { readonly type: 'start'; readonly acquisition: Acquisition; readonly files: readonly ChosenFile[] }
  /** `files` again after a reload; empty for URLs, and while the page that chose them still lives. */
  | {
      readonly type: 'resume';
      readonly installId: string;
      readonly files: readonly ChosenFile[];
      /** The person agreed that what this one replaces goes first, because the disk can't hold both. */
      readonly freeReplaced?: boolean;
    }
  | { readonly type: 'verify'; readonly installId: string; readonly files: readonly ChosenFile[] }
  /** Stops the running job; its row says "paused". */
  | { readonly type: 'pause' }
  /** Stops it if it runs, and frees everything it stored. */
  | { readonly type: 'delete'; readonly installId: string }
  /** Marks installs whose files the browser cleared, and frees what a replacement left behind. */
  | { readonly type: 'tidy' }
  | { readonly type: 'fetch-library'; readonly url: string; readonly sha256: string | null }
  | { readonly type: 'import-library'; readonly url: string; readonly file: File };

/** What the page calls in the worker. */
export interface AcquireCalls {
  readonly ask: {
    readonly argument: { readonly siteUrl: string; readonly request: AcquireRequest };
    readonly report: never;
    /** Bytes freed, for `delete` and `tidy`; else 0. */
    readonly result: number;
  };
}

export interface ActiveAcquisition {
  readonly installId: string;
  readonly modelId: string;
  readonly kind: 'convert' | 'import' | 'download' | 'verify';
  readonly progress: AcquisitionProgress;
}

/** On the broadcast channel, heard by every tab. */
export type ModelsMessage =
  /** A tab that opened asks whether anything is under way. */
  | { readonly type: 'hello' }
  | { readonly type: 'active'; readonly job: ActiveAcquisition }
  | { readonly type: 'ended'; readonly installId: string }
  | { readonly type: 'notice'; readonly installId: string; readonly notice: AcquisitionNotice }
  /** Rows changed: read them again. */
  | { readonly type: 'changed' };
