/**
 * What tests of runs are made of: a plan, a run, its rows, and a model and a store. The model's answers follow from the prompt alone,
 * the store can lose its page.
 */
import { EngineTurns } from '../../engine/tab/turns.ts';
import { loadedFixture } from '../../engine/contract/hosted.ts';
import type {
  GenerateRequest,
  GenerationEvent,
  LoadedModel,
  OptionScore,
  ServerInUse,
} from '../../engine/port.ts';
import { AppError } from '../../errors/app-error.ts';
import type { NewSet } from '../data/sets.ts';
import type { Item } from '../items/item.ts';
import { carryOut, type RunEngine, type RunStore } from './runner.ts';
import { runSchema, type Result, type Run } from './result.ts';
import { runPlanSchema, type Method, type RunPlan } from './run-plan.ts';
import { seedOf } from './random.ts';

export const LOADED: LoadedModel = loadedFixture({
  quantization: 'F16',
  contextLength: 400,
  source: 'demo.gguf',
  sourceSha256: 'ab',
});

export const SERVER: ServerInUse = {
  id: 'w',
  name: 'Ward',
  host: 'llm.example.org',
  model: 'meditron-70b',
  sameOrigin: false,
  fingerprint: 'fp-1',
  scoringProblem: '',
};

export function testItem(n: number, over: Partial<Item> = {}): Item {
  return {
    id: `i${n}`,
    question: `Question ${n}?`,
    context: '',
    options: [`one ${n}`, `two ${n}`, `three ${n}`, `four ${n}`],
    answer: [n % 4],
    explanation: '',
    subject: n % 2 === 0 ? 'even' : 'odd',
    split: '',
    ...over,
  };
}

export function testItems(count: number): Item[] {
  return Array.from({ length: count }, (_, n) => testItem(n));
}

/** A set as an import gives it. */
export function testSet(items: readonly Item[], over: Partial<NewSet> = {}): NewSet {
  return {
    title: 'Set',
    description: '',
    language: '',
    licence: '',
    source: '',
    format: 'own',
    sha256: 'a'.repeat(64),
    run: null,
    items,
    ...over,
  };
}

/** The letters of two items in lm-evaluation-harness's form, without examples. */
export function testPlan(over: Partial<RunPlan> = {}): RunPlan {
  return runPlanSchema.parse({
    setId: 's',
    setTitle: 'Set',
    setSha256: 'a'.repeat(64),
    filter: { subjects: [], splits: [] },
    itemIds: ['i0', 'i1'],
    preset: '',
    method: { kind: 'option-letters' },
    form: 'harness-medqa',
    system: '',
    closing: '',
    chatFormat: 'authors-zero-shot',
    examples: { k: 0, seed: 1, split: '', pick: 'random', ids: [] },
    order: 'as-given',
    seed: 7,
    ...over,
  });
}

/** One reply, without chance; more than one: self-consistency. */
export function written(branches = 1): Extract<Method, { kind: 'written' }> {
  return {
    kind: 'written',
    extraction: 'letter-or-text',
    chainOfThought: branches > 1,
    temperature: branches > 1 ? 0.8 : 0,
    topP: 1,
    maxTokens: 20,
    branches,
  };
}

/** Not begun yet. Its total is that of items with four options each. */
export function testRun(plan: RunPlan = testPlan(), over: Partial<Run> = {}): Run {
  return runSchema.parse({
    id: 'r',
    createdAt: 1,
    finishedAt: null,
    state: 'waiting',
    plan,
    total: plan.itemIds.length * (plan.order === 'rotations' ? 4 : 1),
    model: null,
    appVersion: '0',
    noticeVersion: '1',
    noticeAcknowledgedAt: 1,
    prefixes: {},
    openedFrom: '',
    ...over,
  });
}

/** The answer to `testItem(n)`, which is A unless told otherwise. Not checked: tests make bad ones, too. */
export function testResult(n: number, over: Partial<Result> = {}): Result {
  return {
    runId: 'r',
    n,
    itemId: `i${n}`,
    order: [0, 1, 2, 3],
    right: [n % 4],
    status: 'answered',
    prefixKey: '0',
    prompt: `prompt ${n}`,
    promptTokens: 1,
    options: [],
    replies: [],
    chosen: 0,
    at: 0,
    elapsedMs: 1,
    ...over,
  };
}

/** Lets the model answer what is left of a run, at the time `now`. */
export function workThrough(
  run: Run,
  store: RunStore,
  {
    engine = new TestEngine(),
    signal = new AbortController().signal,
    now = () => 1,
    onResult = () => undefined,
    turns = new EngineTurns(),
  }: {
    readonly engine?: TestEngine;
    readonly signal?: AbortSignal;
    readonly now?: () => number;
    readonly onResult?: (result: Result) => void;
    readonly turns?: EngineTurns;
  } = {},
): Promise<void> {
  const takeTurn = (stop: AbortSignal) => turns.take('background', stop);
  return carryOut(run, { store, engine, takeTurn, now }, signal, onResult);
}

/** Counts characters as tokens, and scores by a hash of prompt and option. */
export class TestEngine implements RunEngine {
  model: LoadedModel | null = LOADED;
  asked: string[] = [];
  reply = ' B';

  loaded(): LoadedModel | null {
    return this.model;
  }

  countTokens(text: string): Promise<number> {
    return Promise.resolve(Math.ceil(text.length / 4));
  }

  async score(
    prompt: string,
    options: readonly string[],
    signal?: AbortSignal,
  ): Promise<readonly OptionScore[]> {
    await new Promise((resolve) => setTimeout(resolve, 0));
    if (signal?.aborted) throw new AppError('aborted', 'stopped');
    if (prompt.length / 4 >= LOADED.contextLength) throw new AppError('engine/prompt-too-long', 'too long');
    this.asked.push(prompt);
    return options.map((option) => ({
      option,
      logProbability: -1 - (seedOf(prompt + option, 1) % 1000) / 250,
      tokens: Math.max(1, option.length),
    }));
  }

  async *generate(request: GenerateRequest, signal?: AbortSignal): AsyncIterable<GenerationEvent> {
    await new Promise((resolve) => setTimeout(resolve, 0));
    const aborted = signal?.aborted === true;
    this.asked.push(request.prompt);
    if (!aborted) yield { type: 'token', text: this.reply, completionTokens: 1, elapsedMs: 1 };
    yield {
      type: 'done',
      finishReason: aborted ? 'aborted' : 'stop',
      usage: { promptTokens: 1, reusedTokens: 0, completionTokens: 1 },
      timings: { timeToFirstTokenMs: 1, prefillMs: 1, decodeMs: 0, decodeTokensPerSecond: 0 },
      seed: request.sampling.seed,
      ignored: [],
    };
  }
}

/** Keeps what was written; `dieAfter` writes it is a page that was killed: nothing more arrives. */
export class TestStore implements RunStore {
  readonly results = new Map<number, Result>();
  readonly written: number[] = [];
  run: Run;
  dieAfter = Number.POSITIVE_INFINITY;
  readonly #items: ReadonlyMap<string, Item>;

  constructor(run: Run, items: readonly Item[]) {
    this.run = run;
    this.#items = new Map(items.map((each) => [each.id, each]));
  }

  items(): Promise<ReadonlyMap<string, Item>> {
    return Promise.resolve(this.#items);
  }

  answered(): Promise<ReadonlySet<number>> {
    return Promise.resolve(new Set(this.results.keys()));
  }

  async keep(result: Result, prefix: { readonly key: string; readonly text: string } | null): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, 0));
    if (this.written.length >= this.dieAfter) throw new AppError('storage/failed', 'the page is gone');
    this.written.push(result.n);
    this.results.set(result.n, result);
    if (prefix) this.run = { ...this.run, prefixes: { ...this.run.prefixes, [prefix.key]: prefix.text } };
  }

  update(_runId: string, change: Partial<Run>): Promise<void> {
    this.run = { ...this.run, ...change };
    return Promise.resolve();
  }
}
