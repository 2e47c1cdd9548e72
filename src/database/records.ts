/**
 * What is kept of a conversation: the rows of the database, and the words of exports.
 * Messages form a tree: every message names its parent; an edit or a regeneration is a sibling of what it replaces,
 * and the conversation's `leafId` says which path is on screen.
 */
import {
  bannedTokensSchema,
  examplesSchema,
  PROMPT_SETTING_LIMITS,
  stopsSchema,
} from '../lib/prompt-settings-schema.ts';
import { MAX_ALTERNATIVES, MAX_TOKEN_CHARACTERS } from '../lib/sampling.ts';
import { ratingSchema } from '../lib/rating.ts';
import { samplingRecord } from '../lib/sampling-schema.ts';
import { z } from '../lib/zod.ts';

/** Letters that may stand in the app's addresses as they are: a chat that came in from a file must be one that can be opened. */
const id = z.string().regex(/^[\w-]{1,64}$/);
/** Milliseconds since the epoch, no later than a `Date` can say. */
const time = z.number().int().nonnegative().max(8.64e15);

/** A name that another build gave something this one may not have; shown as it is where it is not known. */
const kind = z.string().regex(/^[\w.-]{1,40}$/);

/** A server as a reply's record names it. */
const serverRecord = z.object({
  name: z.string(),
  host: z.string(),
  /** The model's name there. */
  model: z.string(),
  /** As it names its build or set-up; empty when it does not. */
  fingerprint: z.string(),
});

/** A token as it was, or could have been, written. */
const tokenChoice = z.object({
  /** Place in the model's vocabulary; null where the engine did not tell. */
  id: z.number().int().nullable(),
  text: z.string().max(MAX_TOKEN_CHARACTERS),
  /** Its bytes, where they are no whole characters. */
  bytes: z.array(z.number().int().min(0).max(255)).max(MAX_TOKEN_CHARACTERS).optional(),
  /** Natural logarithm of its probability among the raw logits; null: none at all. */
  logProbability: z.number().nullable(),
});

/** More tokens than any reply has: a window of a model is 131,072 at most. */
const MAX_TRACE_TOKENS = 131_072;

/** The tokens of a reply with what the model thought of them. */
export const tokenTrace = z.object({
  /** Characters of the reply before the first of `tokens`, whose tokens are not known. */
  start: z.number().int().nonnegative(),
  /** The first of `tokens` that this record's request wrote: those before are of the reply it went on with. */
  from: z.number().int().nonnegative(),
  tokens: z
    .array(tokenChoice.extend({ alternatives: z.array(tokenChoice).max(MAX_ALTERNATIVES) }))
    .max(MAX_TRACE_TOKENS),
});

/** How one reply came about: enough to repeat it and to judge it. */
export const provenanceRecord = z.object({
  modelId: z.string(),
  modelName: z.string(),
  quantization: z.string(),
  /** Where the weights came from, as a URL or file name; empty when unknown. */
  source: z.string(),
  sourceSha256: z.string(),
  /** When the stored weights were last compared with their checksums, before this reply; absent: not known. */
  weightsVerifiedAt: time.optional(),
  librarySha256: z.string(),
  /** Kind of engine, as this build or a later one calls it. */
  engine: kind,
  engineVersion: z.string(),
  /** `webgpu`, `cpu`, `server`, or what a later build runs on. */
  backend: kind,
  /** The server that wrote it; absent where it was written on the machine itself. Never a key. */
  server: serverRecord.optional(),
  adapter: z.string(),
  promptFormat: z.string(),
  systemText: z.string(),
  demonstrations: z.number().int().nonnegative(),
  /** Exactly what the model saw, without BOS. */
  prompt: z.string(),
  /** Characters of the reply that were there before and stand at the prompt's end; absent: none, or not recorded. */
  continues: z.number().int().nonnegative().optional(),
  /** A person put another token in this place of an earlier version's tokens, and the model went on from there. */
  branch: z.object({ messageId: id, token: z.number().int().nonnegative() }).optional(),
  /** Absent: not asked for. */
  tokens: tokenTrace.optional(),
  /** Messages of the conversation that did not fit the window. */
  droppedMessageIds: z.array(id),
  /** Messages a person had taken out of the prompt; absent: none. */
  leftOutMessageIds: z.array(id).optional(),
  /** Name of the preset it was asked for with, where that was not the chat's. */
  preset: z.string().max(200).optional(),
  /** Every text that ended the reply when written, the format's included; absent: not recorded. */
  stops: z.array(z.string()).optional(),
  /** Ids of tokens that were never drawn; absent: none. */
  bannedTokens: z.array(z.number().int()).optional(),
  sampling: samplingRecord,
  seedUsed: z.number().int().nullable(),
  ignoredSampling: z.array(z.string()),
  promptTokens: z.number().int().nonnegative(),
  reusedTokens: z.number().int().nonnegative(),
  completionTokens: z.number().int().nonnegative(),
  timeToFirstTokenMs: z.number().nonnegative(),
  decodeTokensPerSecond: z.number().nonnegative(),
  /** null while the reply is being written or was cut off by a crash. */
  finishReason: z.enum(['stop', 'length', 'aborted']).nullable(),
  noticeVersion: z.string(),
  noticeAcknowledgedAt: time,
  appVersion: z.string(),
  startedAt: time,
});

/** More than anybody compares one reply with others. */
const MAX_COMPARISONS = 1000;
const NOTE_CHARACTERS = 10_000;

/** What a person found of this reply beside another one. */
const comparisonRecord = z.object({
  other: id,
  better: z.enum(['this', 'other', 'tie']),
  /** Which was which was hidden until it was said. */
  hidden: z.boolean(),
  /** The other one stood first. */
  swapped: z.boolean(),
  note: z.string().max(NOTE_CHARACTERS),
  at: time,
});

export const messageRecord = z.object({
  id,
  conversationId: id,
  /** null: a first message. */
  parentId: id.nullable(),
  role: z.enum(['user', 'assistant']),
  text: z.string(),
  createdAt: time,
  /**
   * `streaming` rows belong to a tab that is writing them; one found without such a tab was interrupted.
   * `stopped`: the person pressed Stop. `failed`: the engine failed, `errorCode` says how.
   */
  status: z.enum(['complete', 'streaming', 'interrupted', 'stopped', 'failed']),
  /** The text was changed or put in by a person (an assistant's text, or any text after it was sent). */
  edited: z.boolean(),
  errorCode: z.string().nullable(),
  provenance: provenanceRecord.nullable(),
  /** By a person; absent: not rated. */
  rating: ratingSchema.optional(),
  comparisons: z.array(comparisonRecord).max(MAX_COMPARISONS).optional(),
});

/** How a chat's prompts are made, beyond format, system text and sampling; null follows its preset, then the model. */
export const promptSetupRecord = z.object({
  /** null: the folder's, else the one set as default. `none`: no preset at all. */
  presetId: id.nullable(),
  examples: examplesSchema.nullable(),
  stops: stopsSchema.nullable(),
  bannedTokens: bannedTokensSchema.nullable(),
  /** Messages that are not part of any prompt. */
  leftOut: z.array(id).max(PROMPT_SETTING_LIMITS.markedTurns),
  /** Messages that are kept when the window is too small for all. */
  pinned: z.array(id).max(PROMPT_SETTING_LIMITS.markedTurns),
});

export const conversationRecord = z.object({
  id,
  title: z.string(),
  /** `auto` titles follow the first question until a person renames the chat. */
  titleFrom: z.enum(['auto', 'person']),
  createdAt: time,
  updatedAt: time,
  folderId: id.nullable(),
  pinned: z.boolean(),
  /** The last message of the path on screen; null in an empty chat. */
  leafId: id.nullable(),
  /** Per-chat choices; null follows the app's settings. */
  promptFormat: z.string().nullable(),
  systemText: z.string().nullable(),
  sampling: samplingRecord.nullable(),
  /** Absent in chats nobody changed it for. */
  promptSetup: promptSetupRecord.optional(),
});

export const folderRecord = z.object({
  id,
  name: z.string(),
  colour: z.string(),
  createdAt: time,
  /** What its chats follow; absent: nothing of its own. */
  presetId: id.optional(),
});

export type Provenance = z.infer<typeof provenanceRecord>;
export type Message = z.infer<typeof messageRecord>;
/** Provenance without what is as long as a conversation or longer, which is kept apart. */
export type ReplyFacts = Omit<Provenance, 'prompt' | 'tokens'>;
export type Comparison = z.infer<typeof comparisonRecord>;
export type TokenTrace = z.infer<typeof tokenTrace>;
export type TracedToken = TokenTrace['tokens'][number];
export type TracedChoice = TracedToken['alternatives'][number];
/** A message as the chat shows it; `getProvenance` brings the rest on demand. A `Message` is one, too. */
export type ShownMessage = Omit<Message, 'provenance'> & { provenance: ReplyFacts | null };
export type Conversation = z.infer<typeof conversationRecord>;
export type PromptSetup = z.infer<typeof promptSetupRecord>;
export type Folder = z.infer<typeof folderRecord>;
