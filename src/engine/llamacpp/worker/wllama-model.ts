/** One model loaded by wllama: the only file that knows its API, its names and its traps. */
import {
  CacheManager,
  Wllama,
  type LoadModelParams,
  type RawCompletionChunk,
  type RawCompletionParams,
} from '@wllama/wllama';
import { AppError } from '../../../errors/app-error.ts';
import type { CacheType } from '../model.ts';
import type { LoadAttempt } from './load/load-plan.ts';
import { messageOf, type NativeLog, type OffloadReport } from './load/native-log.ts';

/**
 * Tokens handed to llama.cpp at once during prefill. A stop takes effect between batches, so this bounds how long it takes:
 * wllama's own 2048 made it 3.4 s on a 7 M model, 64 a few hundred milliseconds, at no loss of speed on the CPU. On a GPU a
 * 7B batch of 64 is about 0.9 TFLOP, a second on a weak one, and llama.cpp aborts when a batch takes 30 s.
 */
const BATCH_TOKENS = 64;

/** Layers: more than any model has, so all. */
const ALL_LAYERS = 99_999;

/**
 * KV cache slots. Chats alternate between them without prefilling anew; they share one cache of `n_ctx` cells.
 */
const SLOTS = 4;

/** What the JSON library calls it: `type_error.316`, "invalid UTF-8 byte". */
const STRAY_BYTE = 'json.exception.type_error.316';

/**
 * Where wllama would keep what it downloads; it is handed files and downloads nothing. Left to choose, it throws on plain
 * http, where the browser has no storage for it.
 */
const NO_STORAGE: NonNullable<ConstructorParameters<typeof CacheManager>[0]>[number] = {
  isSupported: () => true,
  read: () => Promise.resolve(null),
  write: () => Promise.reject(new TypeError('nothing is to be stored here')),
  getSize: () => Promise.resolve(-1),
  list: () => Promise.resolve([]),
  delete: () => Promise.resolve(),
};

/** wllama's declarations lack some of what llama.cpp's server reads. */
export type CompletionOptions = Omit<RawCompletionParams, 'stream' | 'logit_bias' | 'abortSignal'> & {
  readonly repeat_penalty?: number;
  readonly repeat_last_n?: number;
  readonly timings_per_token?: boolean;
  readonly cache_prompt?: boolean;
  /** Control tokens whose text is written out. */
  readonly preserved_tokens?: readonly string[];
  /** Pairs of token id and bias; `false` forbids the token. */
  readonly logit_bias?: readonly (readonly [number, number | false])[];
};

export interface WllamaFacts {
  readonly contextLength: number;
  readonly vocabSize: number;
  readonly threads: number;
  readonly offload: OffloadReport | null;
  /** llama.cpp puts BOS in front of every prompt, once. */
  readonly addsBos: boolean;
}

export class WllamaModel {
  readonly facts: WllamaFacts;
  readonly #wllama: Wllama;
  readonly #log: NativeLog;

  private constructor(wllama: Wllama, log: NativeLog, facts: WllamaFacts) {
    this.#wllama = wllama;
    this.#log = log;
    this.facts = facts;
  }

  static get llamaCppVersion(): string {
    return Wllama.getLibllamaVersion();
  }

  /**
   * @param wasmUrl absolute, of the `wllama.wasm` that belongs to the installed package.
   * @throws AppError `engine/bad-model-file`, `engine/out-of-memory`, `engine/no-wasm`, `engine/worker-blocked`.
   */
  static async load(
    wasmUrl: string,
    files: readonly File[],
    attempt: LoadAttempt & { readonly cacheType: CacheType; readonly threads: number },
    log: NativeLog,
  ): Promise<WllamaModel> {
    log.clear();
    const cacheManager = new CacheManager([NO_STORAGE]);
    const wllama = new Wllama({ default: wasmUrl }, { logger: loggerFor(log), cacheManager });
    // By default a browser without JSPI or memory64 is given other files from a CDN: never.
    wllama.setCompat(null);
    const onGpu = attempt.backend === 'webgpu';
    const params: LoadModelParams = {
      n_ctx: attempt.contextLength,
      n_batch: BATCH_TOKENS,
      n_ubatch: BATCH_TOKENS,
      n_gpu_layers: onGpu ? ALL_LAYERS : 0,
      n_threads: attempt.threads,
      cache_type_k: attempt.cacheType,
      cache_type_v: attempt.cacheType,
      // llama.cpp's flash attention multiplies in half precision whatever the cache holds.
      ...(attempt.cacheType === 'f32' && { flash_attn: false }),
      n_parallel: SLOTS,
      kv_unified: true,
    };
    try {
      await wllama.loadModel([...files], params);
      const context = wllama.getLoadedContextInfo();
      // wllama resolves on failure, with a description full of zeros.
      if (!(context.n_vocab > 0 && context.n_ctx > 0 && context.n_embd > 0 && context.n_layer > 0)) {
        throw log.loadError(undefined, attempt.backend);
      }
      return new WllamaModel(wllama, log, {
        contextLength: context.n_ctx,
        vocabSize: context.n_vocab,
        threads: wllama.getNumThreads(),
        offload: log.offload,
        addsBos: context.add_bos_token,
      });
    } catch (thrown) {
      await wllama.exit();
      throw log.loadError(thrown, attempt.backend);
    }
  }

  /**
   * Runs one completion. llama.cpp's server caches the prompt's KV entries by prefix.
   * @param onChunk is called for every prefill batch and every token.
   * @returns the last chunk, which carries usage and timings.
   * @throws AppError `aborted`, `engine/prompt-too-long`, `engine/generation-failed`, and `engine/worker-crashed` or
   *   `engine/device-lost` after which the model is gone.
   */
  async stream(
    options: CompletionOptions,
    signal: AbortSignal,
    onChunk: (chunk: RawCompletionChunk) => void,
  ): Promise<RawCompletionChunk> {
    const seen: { last: RawCompletionChunk | null } = { last: null };
    await this.#run(async () => {
      await this.#wllama.createCompletion({
        ...this.#parameters(options, signal),
        stream: true,
        onData: (chunk: RawCompletionChunk) => {
          seen.last = chunk;
          onChunk(chunk);
        },
      });
    });
    if (seen.last === null) throw new AppError('engine/generation-failed', 'llama.cpp answered nothing');
    return seen.last;
  }

  /** Runs one completion and returns the whole answer as llama.cpp gave it, to be parsed. Throws as `stream` does. */
  async complete(options: CompletionOptions, signal: AbortSignal): Promise<unknown> {
    return this.#run(() =>
      this.#wllama.createCompletion({ ...this.#parameters(options, signal), stream: false }),
    );
  }

  async exit(): Promise<void> {
    await this.#wllama.exit();
  }

  #parameters(options: CompletionOptions, signal: AbortSignal): RawCompletionParams {
    const { logit_bias, ...rest } = options;
    const parameters: RawCompletionParams = { ...rest, abortSignal: signal };
    // Declared as objects, read by llama.cpp as pairs; wllama passes it on as JSON, untouched.
    return logit_bias ? Object.assign(parameters, { logit_bias }) : parameters;
  }

  async #run<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (thrown) {
      throw this.#error(thrown);
    }
  }

  #error(thrown: unknown): AppError {
    if (thrown instanceof AppError) return thrown;
    const message = messageOf(thrown);
    const name = thrown instanceof Error ? thrown.name : '';
    const cause = { cause: thrown };
    const details = { log: this.#log.errorLines.join('\n').slice(0, 2000) };
    if (name === 'AbortError') return new AppError('aborted', message, {}, cause);
    const tooLong = /request \((\d+) tokens\) exceeds the available context size \((\d+) tokens\)/.exec(
      message,
    );
    if (tooLong) {
      const [promptTokens, contextLength] = [Number(tooLong[1]), Number(tooLong[2])];
      return new AppError('engine/prompt-too-long', message, { promptTokens, contextLength }, cause);
    }
    // A C++ exception that wllama caught comes back as a null pointer and shows as this; the instance survives it.
    if (message.startsWith('Invalid typed array length')) {
      const reason = this.#log.lastError.includes(STRAY_BYTE) ? 'stray-byte' : 'exception';
      return new AppError('engine/generation-failed', this.#log.lastError || message, { reason }, cause);
    }
    if (this.#log.gpuTimedOut) {
      return new AppError('engine/device-lost', message, { ...details, reason: 'gpu-timeout' }, cause);
    }
    if (name === 'RuntimeError' || message.includes('has crashed')) {
      return new AppError('engine/worker-crashed', message, details, cause);
    }
    return new AppError('engine/generation-failed', message, details, cause);
  }
}

function loggerFor(log: NativeLog) {
  const add =
    (level: Parameters<NativeLog['add']>[0]) =>
    (...said: unknown[]): void =>
      log.add(level, said.map((one) => (typeof one === 'string' ? one : describe(one))).join(' '));
  return { debug: add('debug'), log: add('log'), warn: add('warn'), error: add('error') };
}

/** wllama also logs objects, and hands its inner worker's error events to the logger. */
function describe(value: unknown): string {
  if (value instanceof ErrorEvent) return value.message || 'the inner worker failed';
  if (value instanceof Error) return `${value.name}: ${value.message}`;
  return '';
}
