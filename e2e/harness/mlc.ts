/** Puts the MLC engine on `window.mlc`, with what a test needs to fill and spoil the caches it reads. */
import type { Sampling } from '../../src/lib/sampling.ts';
import { claimMachine } from '../../src/engine/tab/exclusive.ts';
import { libraryEntry, packageEntry, cacheableResponse } from '../../src/engine/mlc/cache-layout.ts';
import { hosted } from '../../src/engine/contract/hosted.ts';
import type { MlcModel } from '../../src/engine/mlc/model.ts';
import { MlcEngine } from '../../src/engine/mlc/mlc-engine.ts';
import {
  EMPTY_WASM,
  fixtureModel,
  fixturePackage,
  storeFixture,
} from '../../src/engine/mlc/package-fixture.ts';
import type {
  EngineState,
  GenerationDone,
  LoadedModel,
  LoadProgress,
  OptionScore,
} from '../../src/engine/port.ts';
import { toWire, type WireError } from '../../src/errors/app-error.ts';
import { runContract } from './contract.ts';
import { writeMiniLibrary, type MiniLibrary } from './mini-tvm/mini-library.ts';

export type MlcOutcome<T> = { readonly ok: T } | { readonly error: WireError };

export interface MlcReply {
  readonly text: string;
  readonly done: GenerationDone;
  readonly stopMs: number | null;
}

export interface MlcGenerateArgs {
  readonly prompt: string;
  readonly sampling?: Partial<Sampling>;
  readonly stops?: readonly string[];
  /** Stops after that many tokens; 0: as soon as the request is on its way. */
  readonly stopAfter?: number;
}

const GREEDY: Sampling = {
  temperature: 0,
  topP: 1,
  topK: 0,
  repetitionPenalty: 1,
  seed: null,
  maxTokens: 64,
};

/** With `?stand-in`, the engine's worker can run the stand-in library of `mini-tvm/`. */
const createEngine = (): MlcEngine =>
  location.search.includes('stand-in')
    ? new MlcEngine({
        createWorker: () =>
          new Worker(new URL('./mini-tvm/mini.worker.ts', import.meta.url), { type: 'module' }),
      })
    : new MlcEngine();
const engine = hosted('mlc', createEngine());
const statuses: EngineState['status'][] = [];
const progress: LoadProgress[] = [];
engine.subscribe((state) => {
  if (statuses.at(-1) !== state.status) statuses.push(state.status);
  if (state.status === 'loading') progress.push(state.progress);
});

async function outcome<T>(work: () => Promise<T>): Promise<MlcOutcome<T>> {
  try {
    return { ok: await work() };
  } catch (thrown) {
    return { error: toWire(thrown) };
  }
}

async function generate({ prompt, sampling, stops = [], stopAfter }: MlcGenerateArgs): Promise<MlcReply> {
  const stop = new AbortController();
  const stopped: { at: number | null } = { at: null };
  const stopNow = (): void => {
    stopped.at = performance.now();
    stop.abort();
  };
  if (stopAfter === 0) queueMicrotask(stopNow);
  let text = '';
  let tokens = 0;
  const request = { prompt, stops, sampling: { ...GREEDY, ...sampling } };
  for await (const event of engine.generate(request, stop.signal)) {
    if (event.type === 'done') {
      return { text, done: event, stopMs: stopped.at === null ? null : performance.now() - stopped.at };
    }
    text += event.text;
    tokens += 1;
    if (tokens === stopAfter) stopNow();
  }
  throw new Error('The stream ended without a done event');
}

const mlc = {
  statuses: () => statuses,
  state: () => engine.state.status,
  progress: () => progress,
  load: (model: Partial<MlcModel>): Promise<MlcOutcome<LoadedModel>> =>
    outcome(() => engine.load(fixtureModel(model))),
  generate: (args: MlcGenerateArgs) => outcome(() => generate(args)),
  score: (prompt: string, options: readonly string[]): Promise<MlcOutcome<readonly OptionScore[]>> =>
    outcome(() => engine.score(prompt, options)),
  count: (text: string) => outcome(() => engine.countTokens(text)),
  unload: () => engine.unload(),
  /** @returns what is not so of the engine contract. */
  contract: (model: Partial<MlcModel>) => runContract(fixtureModel(model), createEngine, null),

  /** The adapter's features, or null where there is no adapter. */
  adapter: async (): Promise<readonly string[] | null> => {
    const gpu = (navigator as Partial<Navigator>).gpu;
    const adapter = (await gpu?.requestAdapter({ powerPreference: 'high-performance' })) ?? null;
    return adapter && [...adapter.features];
  },
  /** Writes the fixture package. @param library `empty`: a WebAssembly module that is no library. */
  store: async (model: Partial<MlcModel>, library: 'empty' | 'none'): Promise<void> => {
    const whole = fixtureModel(model);
    const { files } = fixturePackage(whole.quantization);
    await storeFixture(caches, whole, files, library === 'empty' ? EMPTY_WASM : null);
  },
  /** Copies a served package and library into the caches, as the Models room writes a converted one. */
  copy: async (
    model: Partial<MlcModel>,
    folder: string,
    files: readonly string[],
    library: string,
  ): Promise<void> => {
    const whole = fixtureModel(model);
    const put = async ({ cache, url }: ReturnType<typeof packageEntry>, from: string): Promise<void> => {
      const bytes = await (await fetch(from)).arrayBuffer();
      const response = cacheableResponse(bytes, bytes.byteLength, 'application/octet-stream');
      await (await caches.open(cache)).put(url, response);
    };
    for (const file of files) await put(packageEntry(whole.baseUrl, file), `${folder}${file}`);
    if (library !== '') await put(libraryEntry(whole.libraryUrl), library);
  },
  /** Puts the stand-in library where the engine looks for a compiled one. */
  storeStandIn: async (model: Partial<MlcModel>, options: Partial<MiniLibrary> = {}): Promise<void> => {
    const whole = fixtureModel(model);
    const bytes = writeMiniLibrary({
      baseUrl: whole.baseUrl,
      prefillChunk: 1024,
      canPop: true,
      popsWrong: false,
      memoryFor: 1_000_000,
      idle: false,
      ...options,
    });
    const { cache, url } = libraryEntry(whole.libraryUrl);
    await (await caches.open(cache)).put(url, cacheableResponse(bytes, bytes.length, 'application/wasm'));
  },
  /** Reads a stored package's files in a worker of their own, and does nothing with them. @returns milliseconds. */
  readAlone: async (model: Partial<MlcModel>, files: readonly string[]): Promise<number> => {
    const { baseUrl } = fixtureModel(model);
    const worker = new Worker(new URL('./read-alone.worker.ts', import.meta.url), { type: 'module' });
    try {
      return await new Promise((resolve, reject) => {
        worker.onmessage = ({ data }: MessageEvent<number>) => {
          resolve(data);
        };
        worker.onerror = ({ message }) => {
          reject(new Error(message));
        };
        worker.postMessage(files.map((file) => packageEntry(baseUrl, file)));
      });
    } finally {
      worker.terminate();
    }
  },
  /** @returns milliseconds: of a whole load, until its first byte of weights, until its last is placed. @throws AppError. */
  timedLoad: async (
    model: Partial<MlcModel>,
  ): Promise<{ readonly loadMs: number; readonly firstByteMs: number; readonly placedMs: number }> => {
    const started = performance.now();
    let firstByteMs = 0;
    let placedMs = 0;
    const unsubscribe = engine.subscribe((state) => {
      if (state.status !== 'loading') return;
      const { phase, loadedBytes, totalBytes } = state.progress;
      const now = performance.now() - started;
      if (firstByteMs === 0 && loadedBytes > 0) firstByteMs = now;
      if (phase === 'upload' && loadedBytes === totalBytes) placedMs = now;
    });
    try {
      await engine.load(fixtureModel(model));
    } finally {
      unsubscribe();
    }
    return { loadMs: performance.now() - started, firstByteMs, placedMs };
  },
  /** Replaces a cached file by other bytes, or removes it. */
  spoil: async (model: Partial<MlcModel>, file: string, bytes: number | null): Promise<void> => {
    const { cache, url } = packageEntry(fixtureModel(model).baseUrl, file);
    const open = await caches.open(cache);
    if (bytes === null) await open.delete(url);
    else await open.put(url, new Response(new Uint8Array(bytes)));
  },
  /** Claims the machine as a loaded model does. @returns the error's code and what runs elsewhere, or `claimed`. */
  claim: async (displayName: string, takeOver: boolean): Promise<string> => {
    const result = await outcome(() =>
      claimMachine({
        displayName,
        takeOver,
        onLetGo: () => {
          document.title = 'let go';
        },
      }),
    );
    return 'ok' in result ? 'claimed' : `${result.error.code} ${String(result.error.details.displayName)}`;
  },
};

export type MlcHarness = typeof mlc;

declare global {
  interface Window {
    mlc: MlcHarness;
  }
}

window.mlc = mlc;
