/**
 * The database's tables and their versions. APPEND ONLY: a published version is never changed; a new one is added below it
 * together with a fixture of the one before in `schema.test.ts`, which fails without it.
 */
import type { Transaction } from 'dexie';
import type { Conversation, Folder, Message, Provenance, ReplyFacts, TokenTrace } from './records.ts';

/**
 * A conversation and the keys its lists are read by. Lists are read forwards (IndexedDB can hand out many rows at once
 * only in that direction), so times are negated: the newest comes first.
 */
export interface ConversationRow extends Conversation {
  /** 0 pinned, 1 not; null takes a deleted conversation out of every list, because null is no index key. */
  readonly order: 0 | 1 | null;
  /** The folder, or '' for none (null is no index key). */
  readonly shelf: string;
  readonly byUpdated: number;
  readonly byCreated: number;
  /** The folded title, cut: an index entry holds a copy of it. */
  readonly byTitle: string;
}

export interface MessageRow extends Omit<Message, 'provenance'> {
  readonly provenance: ReplyFacts | null;
  /** When a person deleted it; such rows are not shown and are purged when Undo is over. */
  readonly deletedAt: number | null;
}

/** The exact prompt of a reply and its tokens, apart from its message so that opening a chat does not read all of them. */
export interface PromptRow {
  readonly messageId: string;
  readonly prompt: Provenance['prompt'];
  /** Missing in rows older than this field. */
  readonly tokens?: TokenTrace;
}

/** A reply while it is written: small, so that saving four times a second disturbs no list and no other message. */
export interface PartialRow {
  readonly messageId: string;
  readonly conversationId: string;
  readonly text: string;
  readonly savedAt: number;
}

export interface DraftRow {
  /**
   * A conversation's id, or `new` for the chat that does not exist yet; then `@` and the tab's id (see `drafts.ts`). Texts of
   * other fields have an id of their own (`open-texts.ts`).
   */
  readonly conversationId: string;
  readonly text: string;
  /** Of a text of another field: which. */
  readonly label?: string;
  /** Milliseconds since the epoch. Missing in rows older than this field. */
  readonly savedAt?: number;
}

/** What Undo needs, and what is purged when it is over. */
export type DeletionRow = {
  readonly id: string;
  readonly at: number;
  /** The tab session in which it happened: that one shows Undo. */
  readonly tab: string;
  /** The title or name of what was deleted. */
  readonly label: string;
} & (
  | { readonly kind: 'conversation'; readonly conversationId: string }
  | {
      readonly kind: 'message';
      readonly conversationId: string;
      readonly messageIds: readonly string[];
      readonly leafBefore: string | null;
      readonly leafAfter: string | null;
    }
  | { readonly kind: 'folder'; readonly folder: Folder; readonly conversationIds: readonly string[] }
);

export interface SettingRow {
  readonly key: string;
  readonly value: unknown;
}

/** Rows whose shape belongs to another room, which parses them when it reads. */
export interface OpaqueRow {
  readonly id: string;
  readonly value: unknown;
}

/** A message or title whose text changed since the search index was last built. */
export interface SearchLogRow {
  readonly seq?: number;
  /** `m:<message id>` or `t:<conversation id>`. */
  readonly doc: string;
}

/** A part of the search index; its bytes belong to `search-segment.ts`. */
export interface SearchSegmentRow {
  readonly id: string;
  readonly createdAt: number;
  readonly documents: number;
  /** Every entry of `searchLog` up to this number is in this segment or an older one. Missing in segments older than this field. */
  readonly upTo?: number;
  readonly bytes: Uint8Array;
}

/** A question of a set; the set's own row is an `OpaqueRow`. */
export interface ExamItemRow {
  readonly setId: string;
  /** Its place in the set, from 0. */
  readonly n: number;
  readonly id: string;
  readonly question: string;
  readonly context: string;
  readonly options: readonly string[];
  /** Indices of the right options. */
  readonly answer: readonly number[];
  readonly explanation: string;
  readonly subject: string;
  readonly split: string;
}

/** A question's state in spaced repetition. */
export interface ExamCardRow {
  readonly setId: string;
  readonly itemId: string;
  readonly value: unknown;
}

/** An answer a person gave in practice, or a whole session of it. */
export interface ExamPracticeRow {
  readonly id: string;
  readonly setId: string;
  readonly value: unknown;
}

/** What a model made of one question of a run: all that statistics need. */
export interface ExamResultRow {
  readonly runId: string;
  readonly n: number;
  readonly itemId: string;
  readonly order: readonly number[];
  readonly right: readonly number[];
  readonly status: 'answered' | 'too-long';
  readonly promptTokens: number;
  readonly options: readonly {
    readonly continuation: string;
    readonly logProbability: number;
    readonly tokens: number;
  }[];
  readonly replies: readonly {
    readonly text: string;
    readonly tokens: number;
    readonly finishReason: 'stop' | 'length' | 'aborted';
    readonly seed: number | null;
    readonly answer: number | null;
  }[];
  readonly chosen: number | null;
  readonly at: number;
  readonly elapsedMs: number;
}

/** The exact prompt of a result, apart from it so that a report does not read them all: the run's row holds the prefixes. */
export interface ExamPromptRow {
  readonly runId: string;
  readonly n: number;
  readonly prefixKey: string;
  readonly prompt: string;
}

/** A person's rating of a written answer. */
export interface ExamRatingRow {
  readonly runId: string;
  readonly n: number;
  readonly value: unknown;
}

/** One line of the log of what left, was deleted or ran; its kinds and words belong to `activity/`. */
export interface ActivityRow {
  readonly seq?: number;
  readonly at: number;
  readonly value: unknown;
}

export interface SchemaVersion {
  readonly version: number;
  /** Dexie's schema syntax; a null removes a table. */
  readonly stores: Readonly<Record<string, string | null>>;
  readonly upgrade?: (transaction: Transaction) => PromiseLike<void>;
}

export const SCHEMA: readonly SchemaVersion[] = [
  // ─── version 1: the first release ────────────────────────────────────────────────────────────────────────────────
  {
    version: 1,
    stores: {
      conversations: [
        '&id',
        '[order+byUpdated]',
        '[order+byCreated]',
        '[order+byTitle]',
        '[shelf+order+byUpdated]',
        '[shelf+order+byCreated]',
        '[shelf+order+byTitle]',
      ].join(),
      messages: '&id,conversationId',
      prompts: '&messageId',
      partials: '&messageId,conversationId',
      drafts: '&conversationId',
      folders: '&id',
      deletions: '&id,at',
      settings: '&key',
      models: '&id',
      journals: '&id',
      searchLog: '++seq',
      searchSegments: '&id',
    },
  },
  // ─── version 2: exams ────────────────────────────────────────────────────────────────────────────────────────────
  {
    version: 2,
    stores: {
      examSets: '&id',
      examItems: '&[setId+n],&[setId+id]',
      examCards: '&[setId+itemId]',
      examSessions: '&id,setId',
      examAnswers: '&id,setId',
      examRuns: '&id',
      examResults: '&[runId+n]',
      examPrompts: '&[runId+n]',
      examRatings: '&[runId+n]',
    },
  },
  // ─── version 3: the local log; rows may be sealed (protection/), which older code can't read ───────────────────────
  {
    version: 3,
    stores: { activity: '++seq' },
  },
  // ─── append version 4 here ───────────────────────────────────────────────────────────────────────────────────────
];
