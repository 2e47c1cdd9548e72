/** What a run keeps: its own row, a row for every question put, and what statistics make of them. */
import { serverTitle } from '../../engine/tab/server-title.ts';
import { z } from '../../lib/zod.ts';
import type { ScoredRow } from '../statistics/summary.ts';
import type { Item } from '../items/item.ts';
import { MAX_NAME_CHARACTERS, MAX_OPTIONS } from '../items/limits.ts';
import { MAX_BRANCHES, runPlanSchema, type Method } from './run-plan.ts';

const name = z.string().max(MAX_NAME_CHARACTERS);
/** JSON has no infinities; an option that the model holds impossible is kept as the lowest finite number. */
const logarithm = z.number().max(1e-6);

/** Who answered: recorded with the first result, required for every other. */
export const runModelSchema = z.object({
  modelId: name,
  displayName: name,
  quantization: name,
  engine: name,
  engineVersion: name,
  backend: name,
  adapter: name,
  /** URL or file name of the weights; empty when unknown. */
  source: z.string().max(10_000),
  sourceSha256: name,
  librarySha256: name,
  contextLength: z.number().int(),
  /** The server it is on, where it does not run on this machine. */
  server: z.object({ name, host: name, model: name, fingerprint: name }).optional(),
});

export type RunModel = Readonly<z.infer<typeof runModelSchema>>;

export const RUN_STATES = ['waiting', 'running', 'paused', 'done', 'cancelled'] as const;

export const runSchema = z.object({
  id: z.string().min(1).max(MAX_NAME_CHARACTERS),
  createdAt: z.number(),
  /** When the last question was answered; null before. */
  finishedAt: z.number().nullable(),
  state: z.enum(RUN_STATES),
  plan: runPlanSchema,
  /** Questions in all: items times their orders. */
  total: z.number().int().min(1),
  model: runModelSchema.nullable(),
  /** The app that made it, and the notice under which. */
  appVersion: name,
  noticeVersion: name,
  noticeAcknowledgedAt: z.number(),
  /** Beginnings of prompts, by key: a result holds the key and its own part. */
  prefixes: z.record(z.string(), z.string()),
  /** Where the run was opened from, when it was made elsewhere. */
  openedFrom: name,
});

export type Run = Readonly<z.infer<typeof runSchema>>;

const optionResult = z.object({
  continuation: z.string(),
  logProbability: logarithm,
  tokens: z.number().int().min(1),
});

const replyResult = z.object({
  text: z.string(),
  tokens: z.number().int().min(0),
  finishReason: z.enum(['stop', 'length', 'aborted']),
  seed: z.number().nullable(),
  /** The position read from it. */
  answer: z.number().int().nullable(),
});

const resultFields = z.object({
  runId: z.string().min(1).max(MAX_NAME_CHARACTERS),
  /** The question's number in the run. */
  n: z.number().int().min(0),
  itemId: z.string().min(1).max(MAX_NAME_CHARACTERS),
  order: z.array(z.number().int().min(0)).min(2).max(MAX_OPTIONS).readonly(),
  /** Positions of the right options as shown. */
  right: z.array(z.number().int().min(0)).max(MAX_OPTIONS).readonly(),
  /** `too-long`: it does not fit the model's window, was not asked and is counted apart. */
  status: z.enum(['answered', 'too-long']),
  prefixKey: z.string(),
  /** The prompt after its prefix. */
  prompt: z.string(),
  promptTokens: z.number().int().min(0),
  options: z.array(optionResult).max(MAX_OPTIONS).readonly(),
  replies: z.array(replyResult).max(MAX_BRANCHES).readonly(),
  chosen: z.number().int().nullable(),
  at: z.number(),
  elapsedMs: z.number().min(0),
});

/** Everything that counts a row's positions relies on this: one number out of range would be a table of that size. */
function positionsFit({
  order,
  right,
  options,
  replies,
  chosen,
}: Pick<z.infer<typeof resultFields>, 'order' | 'right' | 'options' | 'replies' | 'chosen'>): boolean {
  const shown = (position: number): boolean => position >= 0 && position < order.length;
  const none = (position: number | null): boolean => position === null || shown(position);
  return (
    order.every(shown) &&
    new Set(order).size === order.length &&
    right.every(shown) &&
    new Set(right).size === right.length &&
    (options.length === 0 || options.length === order.length) &&
    none(chosen) &&
    replies.every(({ answer }) => none(answer))
  );
}

const MISFIT = 'its positions are not those of its options';
export const resultSchema = resultFields.refine(positionsFit, MISFIT);
/** As the database keeps it: the prompt has a row of its own. */
export const storedResultSchema = resultFields
  .omit({ prompt: true, prefixKey: true })
  .refine(positionsFit, MISFIT);

export type Result = Readonly<z.infer<typeof resultSchema>>;
export type OptionResult = Readonly<z.infer<typeof optionResult>>;
export type ReplyResult = Readonly<z.infer<typeof replyResult>>;

/** Where a model answered: `on the server Ward (llm.example.org), as “m”`, or `on webgpu, AN ADAPTER`. */
export function whereText({
  backend,
  adapter,
  server,
}: Pick<RunModel, 'backend' | 'adapter' | 'server'>): string {
  if (!server) return `on ${backend}${adapter === '' ? '' : `, ${adapter}`}`;
  return `on the server ${serverTitle(server)}${server.model === '' ? '' : `, as “${server.model}”`}`;
}

/** The exact prompt, without BOS. */
export function promptOf(run: Pick<Run, 'prefixes'>, result: Pick<Result, 'prefixKey' | 'prompt'>): string {
  return (run.prefixes[result.prefixKey] ?? '') + result.prompt;
}

/** What the choice is made by: a letter's log-probability, or a text's divided by its length. */
export function optionScores(method: Method, options: readonly OptionResult[]): readonly number[] {
  return options.map(({ continuation, logProbability, tokens }) => {
    if (method.kind !== 'option-texts' || method.normalise === 'none') return logProbability;
    // lm-evaluation-harness's acc_norm divides by the characters of the option without the space before it, as Python counts them.
    const characters = Array.from(continuation.trimStart()).length;
    return logProbability / (method.normalise === 'tokens' ? tokens : Math.max(1, characters));
  });
}

/** The position with the highest score; of equals the first. */
export function bestPosition(scores: readonly number[]): number {
  let best = 0;
  scores.forEach((score, position) => {
    if (score > (scores[best] ?? Number.NEGATIVE_INFINITY)) best = position;
  });
  return best;
}

/** A row for `summarise`; null for a question that was not asked. */
export function scoredRow(
  method: Method,
  result: Pick<Result, 'itemId' | 'order' | 'right' | 'chosen' | 'options' | 'status'>,
  item: Pick<Item, 'subject' | 'context'> | undefined,
): ScoredRow | null {
  if (result.status !== 'answered') return null;
  return {
    itemId: result.itemId,
    subject: item?.subject ?? '',
    cluster: item === undefined || item.context === '' ? result.itemId : item.context,
    order: result.order,
    right: result.right,
    chosen: result.chosen,
    scores: result.options.length === 0 ? null : optionScores(method, result.options),
  };
}
