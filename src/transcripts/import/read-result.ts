/** What reading a file found. */
import type { Signed } from '../../formats/signature/signature.ts';
import type { Folder } from '../../database/records.ts';
import type { ExamRows, TranscriptChat } from '../format/document.ts';
import type { Omissions } from './foreign/omissions.ts';

export type FileKind =
  | 'meditron-web'
  | 'meditron-markdown'
  | 'chatgpt'
  | 'llamacpp-webui'
  | 'open-webui'
  | 'claude'
  | 'librechat'
  | 'lm-studio'
  | 'chatbox'
  | 'better-chatgpt'
  | 'sharegpt'
  | 'openai-messages';

/** Whether a file's content and its check value fit. A value anyone can make anew says nothing of who wrote the file. */
export type Integrity =
  | { readonly state: 'consistent' }
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
  readonly omitted?: Omissions;
  readonly integrity: Integrity;
  /** Who vouches for the file, if anybody. */
  readonly signed?: Signed;
}

/** Some of a file's chats, and folders that these or later ones are in. */
export interface ReadPiece {
  readonly chats: readonly TranscriptChat[];
  readonly folders: readonly Folder[];
  /** Of a backup: question sets, practice and runs. */
  readonly exams?: readonly ExamRows[];
}

export interface ReadFile extends ReadReport, ReadPiece {}

/** What became of the exams in a backup. */
export interface RestoredExams {
  readonly sets: number;
  readonly runs: number;
  /** Rows that were not taken because they are none of this app's. */
  readonly refused: number;
  /** Runs that were here in part, and are now as they are in the file. */
  readonly completed: number;
  /** Runs that are here with other rows, by title and time: they stay as they are here. */
  readonly kept: readonly string[];
}

export const NO_EXAMS: RestoredExams = { sets: 0, runs: 0, refused: 0, completed: 0, kept: [] };
