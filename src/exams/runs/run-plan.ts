/** What a run is, fixed before it starts: the same plan on the same set and model gives the same prompts anywhere. */
import { z } from '../../lib/zod.ts';
import { AppError } from '../../errors/app-error.ts';
import type { Item } from '../items/item.ts';
import { MAX_ITEMS, MAX_NAME_CHARACTERS, MAX_QUESTION_CHARACTERS } from '../items/limits.ts';
import { seededRandom, seedOf, shuffled } from './random.ts';

/** More examples fill a 2048-token window twice over. */
export const MAX_EXAMPLES = 50;
/** The authors' self-consistency has ten. */
export const MAX_BRANCHES = 50;

const name = z.string().max(MAX_NAME_CHARACTERS);

export const FORM_IDS = [
  'authors',
  'harness-medqa',
  'harness-medmcqa',
  'harness-pubmedqa',
  'harness-mmlu',
  'chat',
] as const;
export type FormId = (typeof FORM_IDS)[number];

export const EXTRACTION_IDS = ['first-letter', 'after-answer-is', 'final-answer', 'letter-or-text'] as const;
export type ExtractionId = (typeof EXTRACTION_IDS)[number];

export const methodSchema = z.discriminatedUnion('kind', [
  /** The log-probability of each option's letter after the prompt. */
  z.object({ kind: z.literal('option-letters') }),
  /** The log-probability of each option's whole text, divided by its length so that long options are not at a loss. */
  z.object({ kind: z.literal('option-texts'), normalise: z.enum(['none', 'characters', 'tokens']) }),
  /** The model writes, and the answer is looked for in what it wrote. */
  z.object({
    kind: z.literal('written'),
    extraction: z.enum(EXTRACTION_IDS),
    chainOfThought: z.boolean(),
    /** 0 is greedy. */
    temperature: z.number().min(0).max(5),
    topP: z.number().min(0).max(1),
    maxTokens: z.number().int().min(1).max(8192),
    /** More than one: self-consistency, the answer most branches give. */
    branches: z.number().int().min(1).max(MAX_BRANCHES),
  }),
]);

export type Method = Readonly<z.infer<typeof methodSchema>>;

export const runPlanSchema = z.object({
  setId: z.string().min(1).max(MAX_NAME_CHARACTERS),
  setTitle: name,
  /** Of the whole set when the run was made. */
  setSha256: z.string().regex(/^[0-9a-f]{64}$/),
  /** Shown to people; the items are `itemIds`. Empty lists: all. */
  filter: z.object({ subjects: z.array(name), splits: z.array(name) }),
  itemIds: z.array(z.string().min(1).max(MAX_NAME_CHARACTERS)).min(1).max(MAX_ITEMS),
  /** Of the preset it follows; empty when changed or of a person's own. */
  preset: name,
  method: methodSchema,
  form: z.enum(FORM_IDS),
  /** Before everything: the authors' instruction, a chat's system text. Empty: none. */
  system: z.string().max(MAX_QUESTION_CHARACTERS),
  /** The authors' closing line, e.g. "The answer is:". */
  closing: z.string().max(MAX_QUESTION_CHARACTERS),
  /** A format of `model-config/prompt-formats.json`, for the form `chat`. */
  chatFormat: name,
  examples: z.object({
    k: z.number().int().min(0).max(MAX_EXAMPLES),
    seed: z.number().int(),
    split: name,
    /** `first-of-subject`: the first k of the item's own subject (lm-evaluation-harness's `first_n` for MMLU). */
    pick: z.enum(['random', 'first', 'first-of-subject']),
    /** The chosen ones, in order; empty for `first-of-subject`, where they differ by item. */
    ids: z.array(z.string().max(MAX_NAME_CHARACTERS)).max(MAX_EXAMPLES),
  }),
  order: z.enum(['as-given', 'shuffled', 'rotations']),
  seed: z.number().int(),
});

export type RunPlan = Readonly<z.infer<typeof runPlanSchema>>;

/** One question as it is put: an item with its options in one order. A run is a list of these. */
export interface Presentation {
  /** Its number in the run, from 0. */
  readonly n: number;
  readonly itemId: string;
  /** Position to option. */
  readonly order: readonly number[];
}

/**
 * Every question of a run, in order. Rotations of an item follow each other: they share most of their prompt.
 * @param optionCounts options of each item of the plan.
 */
export function presentationsOf(
  plan: Pick<RunPlan, 'itemIds' | 'order' | 'seed'>,
  optionCounts: ReadonlyMap<string, number>,
): readonly Presentation[] {
  const all: Presentation[] = [];
  for (const itemId of plan.itemIds) {
    const options = optionCounts.get(itemId);
    if (options === undefined)
      throw new AppError('exams/not-found', `the set has no item ${itemId}`, { itemId });
    for (const order of ordersOf(plan, itemId, options)) all.push({ n: all.length, itemId, order });
  }
  return all;
}

function ordersOf(
  { order, seed }: Pick<RunPlan, 'order' | 'seed'>,
  itemId: string,
  options: number,
): number[][] {
  const given = Array.from({ length: options }, (_, index) => index);
  switch (order) {
    case 'as-given':
      return [given];
    case 'shuffled':
      return [shuffled(given, seededRandom(seedOf(itemId, seed)))];
    case 'rotations':
      return given.map((turn) => given.map((position) => (position + turn) % options));
  }
}

/**
 * The items a run asks: those of the filter with a key, the first `limit` in the set's order, or drawn by the seed when `draw`.
 * @throws AppError `exams/no-key` when none is left.
 */
export function chooseItems(
  items: readonly Item[],
  how: {
    readonly subjects: readonly string[];
    readonly splits: readonly string[];
    /** 0: all. */
    readonly limit: number;
    readonly draw: boolean;
    readonly seed: number;
    /** Never asked: they are the examples. */
    readonly except: ReadonlySet<string>;
  },
): readonly Item[] {
  const fitting = items.filter(
    (item) =>
      item.answer.length > 0 &&
      !how.except.has(item.id) &&
      (how.subjects.length === 0 || how.subjects.includes(item.subject)) &&
      (how.splits.length === 0 || how.splits.includes(item.split)),
  );
  if (fitting.length === 0) throw new AppError('exams/no-key', 'no item with a key passes the filter');
  if (how.limit === 0 || how.limit >= fitting.length) return fitting;
  if (!how.draw) return fitting.slice(0, how.limit);
  const drawn = new Set(shuffled(fitting, seededRandom(how.seed)).slice(0, how.limit));
  return fitting.filter((item) => drawn.has(item));
}

/**
 * Examples for a run: items with a key from the split (any when empty).
 * @throws AppError `exams/too-few-examples`.
 */
export function chooseExamples(
  items: readonly Item[],
  how: {
    readonly k: number;
    readonly seed: number;
    readonly split: string;
    readonly pick: 'random' | 'first';
  },
): readonly Item[] {
  const pool = items.filter(
    (item) => item.answer.length > 0 && (how.split === '' || item.split === how.split),
  );
  if (pool.length < how.k) {
    throw new AppError('exams/too-few-examples', `${pool.length} items for ${how.k} examples`, {
      available: pool.length,
      asked: how.k,
    });
  }
  return (how.pick === 'first' ? pool : shuffled(pool, seededRandom(how.seed))).slice(0, how.k);
}

/** @throws AppError `exams/too-few-examples` when the subject has fewer than k in the split. */
export function examplesOfSubject(
  items: readonly Item[],
  subject: string,
  k: number,
  split: string,
): readonly Item[] {
  return chooseExamples(
    items.filter((item) => item.subject === subject),
    { k, seed: 0, split, pick: 'first' },
  );
}

/**
 * Every subject's examples, for those that have enough. None of them may be asked: its answer stands in the prompts of its subject.
 * @param items in the set's order.
 */
export function examplesOfSubjects(items: readonly Item[], k: number, split: string): readonly Item[] {
  const bySubject = new Map<string, Item[]>();
  for (const item of items) {
    if (item.answer.length === 0 || (split !== '' && item.split !== split)) continue;
    const examples = bySubject.get(item.subject) ?? [];
    if (examples.length < k) examples.push(item);
    bySubject.set(item.subject, examples);
  }
  return [...bySubject.values()].filter((examples) => examples.length === k).flat();
}
