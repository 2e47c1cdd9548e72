/** A model and a store for tests of runs: the model's answers follow from the prompt alone, the store can lose its page. */
import { loadedFixture } from '../../engine/contract/hosted.ts';
import type {
  GenerateRequest,
  GenerationEvent,
  LoadedModel,
  OptionScore,
  ServerInUse,
} from '../../engine/port.ts';
import { AppError } from '../../errors/app-error.ts';
import type { Item } from '../items/item.ts';
import type { RunEngine, RunStore } from './runner.ts';
import type { Result, Run } from './result.ts';
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
