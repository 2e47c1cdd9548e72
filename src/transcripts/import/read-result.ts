/** What reading a file found. */
import type { Folder } from '../../database/records.ts';
import type { TranscriptChat } from '../format/document.ts';
import type { LeftOut } from './foreign/omissions.ts';

export type FileKind = 'meditron-web' | 'chatgpt' | 'better-chatgpt' | 'sharegpt' | 'openai-messages';

/** Whether a file is what the app once wrote. */
export type Integrity =
  /** The hash agrees. */
  | { readonly state: 'unchanged' }
  /** What differs, in words; empty when only the outside of the file differs. */
  | { readonly state: 'changed'; readonly differences: readonly string[] }
  /** Formats of other programs carry no hash. */
  | { readonly state: 'unknown' };

export interface Skipped {
  readonly what: string;
  readonly why: string;
}

/** What there is to say about a file when its chats have passed by. */
export interface ReadReport {
  readonly kind: FileKind;
  readonly skipped: readonly Skipped[];
  /** What the chats of other programs held that the app has no place for. */
  readonly leftOut?: LeftOut;
  readonly integrity: Integrity;
}

/** Some of a file's chats, and folders that these or later ones are in. */
export interface ReadPart {
  readonly chats: readonly TranscriptChat[];
  readonly folders: readonly Folder[];
}

export interface ReadFile extends ReadReport, ReadPart {}
