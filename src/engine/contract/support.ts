/** What the checks of the engine contract share. */
import { AppError } from '../../errors/app-error.ts';
import type { Sampling } from '../../lib/sampling.ts';
import type {
  GenerateRequest,
  GenerationDone,
  GenerationEvent,
  LoadedModel,
  ModelToLoad,
  TokenEvent,
} from '../port.ts';
import type { TabEngine } from '../tab/tab-engine.ts';

/** One engine with a model to load, fresh for every check. */
export interface ContractSubject {
  readonly tab: TabEngine;
  readonly model: ModelToLoad;
  /** Its greedy reply goes on for 12 tokens at least, holds 3 different characters and no U+FFFD. */
  readonly prompt: string;
  /** Does not fit the window. */
  readonly longPrompt: string;
  /** Two continuations of `prompt`, neither a beginning of the other. */
  readonly options: readonly [string, string];
  /** `countTokens` tells what llama.cpp or the library would count; false: an upper bound. */
  readonly countsExactly: boolean;
  /** Takes away what the model runs on; null where a test cannot. The code it is lost with. */
  readonly lose: { readonly now: () => void | Promise<void>; readonly code: string } | null;
  /** Frees what the check leaves behind. */
  readonly dispose?: () => void | Promise<void>;
}

export interface ContractCheck {
  readonly name: string;
  /** Needs an engine of its own, with no model in it. The others can take turns with one that stays loaded. */
  readonly fresh?: true;
  /** @throws Error that says what is wrong. */
  readonly run: (subject: ContractSubject) => Promise<void>;
}

const GREEDY: Sampling = {
  temperature: 0,
  topP: 1,
  topK: 0,
  repetitionPenalty: 1,
  seed: 1,
  maxTokens: 12,
};

export interface Reply {
  readonly text: string;
  readonly events: readonly GenerationEvent[];
  readonly tokens: readonly TokenEvent[];
  readonly done: GenerationDone;
}

export function requestOf(
  { prompt }: ContractSubject,
  sampling: Partial<Sampling> = {},
  rest: Partial<GenerateRequest> = {},
): GenerateRequest {
  return { prompt, stops: [], ...rest, sampling: { ...GREEDY, ...sampling } };
}

/** Reads a reply to its end, and checks that it has exactly one. @param onToken is told how many events came. */
export async function replyTo(
  subject: ContractSubject,
  request: GenerateRequest,
  signal?: AbortSignal,
  onToken?: (events: number) => unknown,
): Promise<Reply> {
  const events: GenerationEvent[] = [];
  let counted = 0;
  for await (const event of subject.tab.generate(request, signal)) {
    ensure(events.at(-1)?.type !== 'done', 'nothing follows done');
    events.push(event);
    if (event.type !== 'token') continue;
    ensure(event.completionTokens >= counted, 'tokens are counted upwards');
    counted = event.completionTokens;
    await onToken?.(events.length);
  }
  const done = events.at(-1);
  if (done?.type !== 'done') throw new Error('the reply ended without done');
  const tokens = events.filter((event) => event.type === 'token');
  return { text: tokens.map(({ text }) => text).join(''), events, tokens, done };
}

export function ensure(holds: boolean, what: string): asserts holds {
  if (!holds) throw new Error(`not so: ${what}`);
}

export function ensureEqual(actual: unknown, expected: unknown, what: string): void {
  const [a, b] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (a !== b) throw new Error(`${what}: ${a} instead of ${b}`);
}

/** @returns the error. */
export async function ensureFails(work: Promise<unknown>, code: string, what: string): Promise<AppError> {
  const outcome: unknown = await work.then(
    () => 'it did not',
    (error: unknown) => error,
  );
  if (!(outcome instanceof AppError)) throw new Error(`${what} fails with ${code}: ${String(outcome)}`);
  ensureEqual(outcome.code, code, `${what} (${outcome.message})`);
  return outcome;
}

/** Loads the model, unless the check before left it ready. */
export function loaded({ tab, model }: ContractSubject): Promise<LoadedModel> {
  return tab.state.status === 'ready' ? Promise.resolve(tab.state.loaded) : tab.load(model);
}
