/**
 * The transcript file, version 1: what the app writes as JSON, embeds in its other formats and in share links, and reads back.
 * `model-config/transcript.schema.json` is the same in JSON Schema (a test holds them together).
 */
import { z } from '../../lib/zod.ts';
import { signatureRecord } from '../../formats/signature/signature.ts';
import { conversationRecord, folderRecord, messageRecord } from '../../database/records.ts';

export const TRANSCRIPT_FORMAT = 'meditron-web-transcript';
export const TRANSCRIPT_VERSION = 1;

export const noticeInFile = z.object({
  text: z.string(),
  author: z.string(),
  source: z.string(),
  /** The app's own words below the quotation. */
  remark: z.string(),
  version: z.string(),
});

/** The models behind the replies, for a reader who wants one line and not every reply's record. */
export const modelSummary = z.object({
  model: z.string(),
  quantization: z.string(),
  engine: z.string(),
  engineVersion: z.string(),
  source: z.string(),
  sourceSha256: z.string(),
  /** Where they were written, if not on the machine of whoever asked. */
  server: z.string().optional(),
  replies: z.number().int().nonnegative(),
});

export const transcriptHeader = z.object({
  format: z.literal(TRANSCRIPT_FORMAT),
  version: z.literal(TRANSCRIPT_VERSION),
  notice: noticeInFile,
  /** Milliseconds since the epoch. */
  exportedAt: z.number().int().nonnegative(),
  appVersion: z.string(),
  chats: z.number().int().nonnegative(),
  models: z.array(modelSummary),
});

export const transcriptChat = z.object({
  conversation: conversationRecord,
  messages: z.array(messageRecord),
});

/** In a file each chat also says what its messages hash to, so that Import can name the one that was changed. */
export const filedChat = transcriptChat.extend({
  /** First 16 hex digits of the SHA-256 of each message's canonical JSON, in the order of `messages`. */
  digests: z.array(z.string().regex(/^[0-9a-f]{16}$/)),
});

/** Tables of the exams, in the order in which a restore fills them. */
export const EXAM_TABLES = [
  'examSets',
  'examItems',
  'examRuns',
  'examResults',
  'examPrompts',
  'examCards',
  'examSessions',
  'examAnswers',
  'examRatings',
] as const;

/** Some rows of one table, as the database has them; the room of the exams checks each. */
export const examRows = z.object({
  table: z.enum(EXAM_TABLES),
  rows: z.array(z.record(z.string(), z.unknown())),
});

export const transcriptDocument = transcriptHeader.extend({
  folders: z.array(folderRecord),
  conversations: z.array(filedChat),
  /** Question sets, practice and runs: in a backup of everything. */
  exams: z.array(examRows).optional(),
  /** Over the header, each folder, each chat and each part of `exams` as canonical JSON, each followed by a line feed. */
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  /** Over `sha256`: who vouches for the file (src/formats/signature). */
  signature: signatureRecord.optional(),
});

export type TranscriptHeader = z.infer<typeof transcriptHeader>;
export type TranscriptChat = z.infer<typeof transcriptChat>;
export type ExamRows = z.infer<typeof examRows>;
export type FiledChat = z.infer<typeof filedChat>;
export type TranscriptDocument = z.infer<typeof transcriptDocument>;
export type ModelSummary = z.infer<typeof modelSummary>;
export type NoticeInFile = z.infer<typeof noticeInFile>;
