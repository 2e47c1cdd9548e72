/** What practice keeps: sessions, answers, and each item's state in spaced repetition. */
import { z } from '../../lib/zod.ts';
import { MAX_ITEMS, MAX_NAME_CHARACTERS, MAX_OPTIONS } from '../items/limits.ts';

const name = z.string().max(MAX_NAME_CHARACTERS);

export const PRACTICE_KINDS = ['spaced', 'in-order', 'shuffled', 'missed', 'mock'] as const;
export type PracticeKind = (typeof PRACTICE_KINDS)[number];

export const sessionSchema = z.object({
  id: z.string().min(1).max(64),
  setId: z.string().min(1).max(64),
  kind: z.enum(PRACTICE_KINDS),
  /** What is asked, in order, fixed at the start. */
  itemIds: z.array(z.string()).min(1).max(MAX_ITEMS),
  startedAt: z.number(),
  /** A mock exam ends here, answered or not; null without a clock. */
  deadline: z.number().nullable(),
  endedAt: z.number().nullable(),
});

export type PracticeSession = Readonly<z.infer<typeof sessionSchema>>;

const MAX_SESSION_ID = 64;

export const answerSchema = z.object({
  /** The session's id, a stroke, the item's. */
  id: z
    .string()
    .min(1)
    .max(MAX_SESSION_ID + 1 + MAX_NAME_CHARACTERS),
  sessionId: z.string().min(1).max(MAX_SESSION_ID),
  setId: z.string().min(1).max(64),
  itemId: z.string().min(1).max(MAX_NAME_CHARACTERS),
  /** Options of the item, in its own order. */
  chosen: z.number().int().min(0).max(MAX_OPTIONS),
  /** null: the item has no key. */
  right: z.boolean().nullable(),
  subject: name,
  at: z.number(),
  elapsedMs: z.number().min(0),
  /** What the model held of the options at the time; null when it had not been asked. */
  model: z
    .object({
      modelId: name,
      displayName: name,
      sourceSha256: name,
      probabilities: z.array(z.number().min(0).max(1)).max(MAX_OPTIONS),
      chosen: z.number().int().min(0),
    })
    .nullable(),
});

export type PracticeAnswer = Readonly<z.infer<typeof answerSchema>>;

/** ts-fsrs's card, with its times as numbers. */
export const cardSchema = z.object({
  due: z.number(),
  stability: z.number(),
  difficulty: z.number(),
  scheduled_days: z.number(),
  learning_steps: z.number(),
  reps: z.number(),
  lapses: z.number(),
  state: z.number().int().min(0).max(3),
  last_review: z.number().nullable(),
});

export type PracticeCard = Readonly<z.infer<typeof cardSchema>>;
