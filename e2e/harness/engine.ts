/** Puts an engine on `window.harness`, in calls whose arguments and answers a test can pass through the browser's protocol. */
import type { Sampling } from '../../src/lib/sampling.ts';
import { toWire, type WireError } from '../../src/errors/app-error.ts';
import { hosted } from '../../src/engine/contract/hosted.ts';
import { LlamaCppEngine } from '../../src/engine/llamacpp/llamacpp-engine.ts';
import type { LlamaCppModel } from '../../src/engine/llamacpp/model.ts';
import type {
  ChosenToken,
  EngineState,
  GenerateRequest,
  GenerationDone,
  LoadedModel,
  LoadProgress,
  OptionScore,
} from '../../src/engine/port.ts';
import type { BareRun } from './bare-wllama.ts';
import { runContract } from './contract.ts';

export type Outcome<T> = { readonly ok: T } | { readonly error: WireError };

export interface Reply {
  readonly text: string;
  readonly pieces: readonly string[];
  readonly tokens: readonly ChosenToken[];
  readonly done: GenerationDone;
  /** Milliseconds from the call of Stop to the end of the stream; null when not stopped. */
  readonly stopMs: number | null;
  readonly events: number;
}

export interface GenerateArgs {
  readonly prompt: string;
  readonly sampling?: Partial<Sampling>;
  readonly stops?: readonly string[];
  /** Stops after that many token events; 0: as soon as the request is on its way. */
  readonly stopAfter?: number;
  readonly topAlternatives?: number;
}

const GREEDY: Sampling = {
  temperature: 0,
  topP: 1,
  topK: 0,
  repetitionPenalty: 1,
  seed: 1,
  maxTokens: 64,
};

function modelOf(model: Partial<LlamaCppModel> & Pick<LlamaCppModel, 'files'>): LlamaCppModel {
  return {
    engine: 'llamacpp',
    modelId: 'demo',
    displayName: 'Demo model',
    quantization: 'F16',
    contextLength: 2048,
    backend: 'cpu',
    ...model,
  };
}

const engine = hosted('llamacpp', new LlamaCppEngine());
const statuses: EngineState['status'][] = [];
const progress: LoadProgress[] = [];
engine.subscribe((state) => {
  if (statuses.at(-1) !== state.status) statuses.push(state.status);
  if (state.status === 'loading') progress.push(state.progress);
});

async function outcome<T>(work: () => Promise<T>): Promise<Outcome<T>> {
  try {
    return { ok: await work() };
  } catch (thrown) {
    return { error: toWire(thrown) };
  }
}

async function generate({
  prompt,
  sampling,
  stops = [],
  stopAfter,
  topAlternatives,
}: GenerateArgs): Promise<Reply> {
  const request: GenerateRequest = {
    prompt,
    stops,
    sampling: { ...GREEDY, ...sampling },
    ...(topAlternatives !== undefined && { topAlternatives }),
  };
  const controller = new AbortController();
  const stopped: { at: number | null } = { at: null };
  const stop = (): void => {
    stopped.at = performance.now();
    controller.abort();
  };
  const pieces: string[] = [];
  const tokens: ChosenToken[] = [];
  let done: GenerationDone | null = null;
  if (stopAfter === 0) setTimeout(stop, 30);
  for await (const event of engine.generate(request, controller.signal)) {
    if (event.type === 'done') {
      done = event;
      continue;
    }
    pieces.push(event.text);
    tokens.push(...(event.tokens ?? []));
    if (pieces.length === stopAfter) stop();
  }
  if (!done) throw new Error('The stream ended without a done event');
  const stopMs = stopped.at === null ? null : performance.now() - stopped.at;
  return { text: pieces.join(''), pieces, tokens, done, stopMs, events: pieces.length };
}

const harness = {
  /** Status changes since the page opened. */
  statuses: () => statuses,
  status: () => engine.state.status,
  progress: () => progress,
  load: (model: Parameters<typeof modelOf>[0], cancelAfterMs?: number): Promise<Outcome<LoadedModel>> =>
    outcome(() => {
      const signal = cancelAfterMs === undefined ? undefined : AbortSignal.timeout(cancelAfterMs);
      return engine.load(modelOf(model), { ...(signal && { signal }) });
    }),
  /** Loads bytes as a file from this machine. */
  loadBytes: async (url: string, cut: { readonly length?: number; readonly flip?: number }) =>
    outcome(async () => {
      const bytes = new Uint8Array(await (await fetch(url)).arrayBuffer());
      if (cut.flip !== undefined) bytes.fill(0x58, cut.flip, cut.flip + 4);
      const blob = new Blob([bytes.subarray(0, cut.length ?? bytes.length)]);
      return engine.load(modelOf({ files: [{ from: 'blob', blob, name: 'local.gguf' }] }));
    }),
  generate: (args: GenerateArgs): Promise<Outcome<Reply>> => outcome(() => generate(args)),
  score: (prompt: string, options: readonly string[]): Promise<Outcome<readonly OptionScore[]>> =>
    outcome(() => engine.score(prompt, options)),
  count: (text: string): Promise<Outcome<number>> => outcome(() => engine.countTokens(text)),
  unload: () => engine.unload(),
  /** @returns what is not so of the engine contract. */
  contract: (model: Parameters<typeof modelOf>[0]) => {
    const made: Worker[] = [];
    const createWorker = (): Worker => {
      const worker = new Worker(
        new URL('../../src/engine/llamacpp/worker/llamacpp.worker.ts', import.meta.url),
        { type: 'module' },
      );
      made.push(worker);
      return worker;
    };
    const now = (): void => {
      made.at(-1)?.dispatchEvent(new ErrorEvent('error', { message: 'killed by the test' }));
    };
    const code = 'engine/worker-crashed';
    return runContract(modelOf(model), () => new LlamaCppEngine({ createWorker }), { now, code });
  },
  /** Two requests at once: the second must be refused, the first unharmed. */
  generateTwice: (args: GenerateArgs) => Promise.all([harness.generate(args), harness.generate(args)]),
  /** A greedy reply by wllama alone, in this page. */
  bare: async (url: string, prompt: string, maxTokens: number, threads: number): Promise<BareRun> => {
    const { runBare } = await import('./bare-wllama.ts');
    return runBare(url, prompt, maxTokens, threads);
  },
  /** The same through the engine, timed as the page sees it. */
  timed: async (prompt: string, maxTokens: number): Promise<BareRun> => {
    let [tokens, first, last, text] = [0, 0, 0, ''];
    const sampling = { ...GREEDY, maxTokens };
    for await (const event of engine.generate({ prompt, sampling, stops: [] })) {
      if (event.type === 'done') break;
      if (tokens === 0) first = event.elapsedMs;
      last = event.elapsedMs;
      tokens = event.completionTokens;
      text += event.text;
    }
    return { tokens, decodeMs: last - first, text };
  },
};

export type Harness = typeof harness;

declare global {
  interface Window {
    harness: Harness;
  }
}

window.harness = harness;
