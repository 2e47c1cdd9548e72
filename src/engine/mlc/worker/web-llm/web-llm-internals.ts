/**
 * The one place that reaches behind web-llm's public interface; `docs/decisions/web-llm-internals.md` says why. Its chat interface takes messages and re-encodes them, keeps
 * its own idea of what the KV cache holds, and exposes no tokenizer; the pipeline under it takes token ids and gives logits,
 * by the very functions its chat path and its resumable replay use (`forwardKnownTokens`, `embedAndForward`). The package is
 * pinned to one exact version; `requireInternals` checks every member at load, and `web-llm-internals.test.ts` checks them
 * against the package's text, so that an update which renames one fails in a test and not in a conversation.
 */
import { AppError } from '../../../../errors/app-error.ts';
import type { RawTokenizer } from '../text-tokenizer.ts';
import type { TokenPipeline } from '../generation/token-pipeline.ts';

/** A tensor of TVM's JavaScript runtime. */
interface Tensor {
  toArray(): unknown;
  dispose(): void;
}

type PackedFunction = (...args: unknown[]) => unknown;

export interface Pipeline {
  readonly tokenizer: RawTokenizer & {
    constructor: { fromJSON?: (json: ArrayBuffer) => Promise<RawTokenizer> };
  };
  readonly device: { sync(): Promise<void> };
  readonly tvm: {
    beginScope(): void;
    endScope(): void;
    getGlobalFunc(name: string): PackedFunction;
    detachFromCurrentScope<T>(value: T): T;
    scalar(value: number, dtype: string): unknown;
  };
  readonly kvCache: object;
  readonly prefillChunkSize: number;
  readonly fullVocabSize: number;
  /** Its count of tokens in the KV cache; written after a rollback, which web-llm itself never does. */
  filledKVCacheLength: number;
  forwardKnownTokens(ids: number[], isPrefill: boolean): Promise<Tensor | undefined>;
  updateLogitsOnCPU(logits: Tensor): Tensor;
}

/** Members by name and type, for the check at load and for the test against the package's text. */
export const PIPELINE_MEMBERS = {
  tokenizer: 'object',
  device: 'object',
  tvm: 'object',
  kvCache: 'object',
  prefillChunkSize: 'number',
  fullVocabSize: 'number',
  filledKVCacheLength: 'number',
  forwardKnownTokens: 'function',
  updateLogitsOnCPU: 'function',
} as const satisfies Partial<Record<keyof Pipeline, string>>;

/** TVM's function that takes tokens off the end of a KV cache; part of every library's runtime. */
const POP_FUNCTION = 'vm.builtin.kv_state_popn';

/**
 * @param engine an `MLCEngine` after `reload`.
 * @throws AppError `engine/not-loaded` when nothing was loaded (an unload during `reload` resolves it with nothing), or
 * `engine/unsupported-option` when the package is not the version this was written for.
 */
export function pipelineOf(engine: object, modelId: string): Pipeline {
  const loaded: unknown = Reflect.get(engine, 'loadedModelIdToPipeline');
  const pipeline: unknown = loaded instanceof Map ? loaded.get(modelId) : undefined;
  if (typeof pipeline !== 'object' || pipeline === null) {
    throw new AppError('engine/not-loaded', 'web-llm ended its load without a model', {
      knowsModels: loaded instanceof Map,
    });
  }
  requireInternals(pipeline);
  return pipeline;
}

function requireInternals(pipeline: object): asserts pipeline is Pipeline {
  for (const [name, type] of Object.entries(PIPELINE_MEMBERS)) {
    const found = typeof Reflect.get(pipeline, name);
    if (found !== type) {
      throw new AppError(
        'engine/unsupported-option',
        `web-llm's pipeline has no ${name}: is it another version?`,
        {
          name,
          expected: type,
          found,
        },
      );
    }
  }
}

/** A second tokenizer of the kind web-llm bundles, made from other JSON. */
export async function makeTokenizer(pipeline: Pipeline, json: string): Promise<RawTokenizer> {
  const { fromJSON } = pipeline.tokenizer.constructor;
  if (typeof fromJSON !== 'function') {
    throw new AppError('engine/unsupported-option', "web-llm's tokenizer cannot be made from JSON", {});
  }
  return fromJSON.call(pipeline.tokenizer.constructor, new TextEncoder().encode(json).buffer);
}

export interface PipelineWays {
  /** false: never take tokens off the KV cache, even if the library could. */
  readonly rollBack: boolean;
  /** Tokens, as web-llm was told. */
  readonly contextLength: number;
  /** `MLCEngine.resetChat`, which is public. */
  readonly reset: () => Promise<void>;
}

export class WebLlmPipeline implements TokenPipeline {
  readonly contextLength: number;
  readonly #pipeline: Pipeline;
  readonly #reset: () => Promise<void>;
  readonly #pop: PackedFunction | null;
  canRollBack: boolean;

  constructor(pipeline: Pipeline, { rollBack, contextLength, reset }: PipelineWays) {
    this.#pipeline = pipeline;
    this.contextLength = contextLength;
    this.#reset = reset;
    this.#pop = rollBack ? popFunction(pipeline) : null;
    this.canRollBack = this.#pop !== null;
  }

  get maxForward(): number {
    return this.#pipeline.prefillChunkSize;
  }

  get cachedTokens(): number {
    return this.#pipeline.filledKVCacheLength;
  }

  async feed(ids: readonly number[]): Promise<void> {
    const logits = await this.#pipeline.forwardKnownTokens([...ids], ids.length > 1);
    logits?.dispose();
    await this.#pipeline.device.sync();
  }

  async forward(ids: readonly number[]): Promise<Float32Array> {
    const { tvm, device } = this.#pipeline;
    const logits = await this.#pipeline.forwardKnownTokens([...ids], ids.length > 1);
    if (!logits)
      throw new AppError('engine/generation-failed', 'web-llm gave no logits', { tokens: ids.length });
    let onCpu: Tensor;
    tvm.beginScope();
    try {
      // Only queues the copy; the bytes are there after the sync.
      onCpu = this.#pipeline.updateLogitsOnCPU(logits);
    } finally {
      tvm.endScope();
    }
    try {
      await device.sync();
    } finally {
      logits.dispose();
    }
    const values = onCpu.toArray();
    if (!(values instanceof Float32Array) || values.length !== this.#pipeline.fullVocabSize) {
      throw new AppError('engine/generation-failed', 'The library gives logits of another type or size', {
        type: Object.prototype.toString.call(values),
        expected: this.#pipeline.fullVocabSize,
      });
    }
    return values;
  }

  drop(count: number): void {
    if (this.#pop === null)
      throw new AppError('engine/generation-failed', 'This library cannot roll back', {});
    const { tvm, kvCache } = this.#pipeline;
    tvm.beginScope();
    try {
      this.#pop(kvCache, tvm.scalar(0, 'int64'), tvm.scalar(count, 'int32'));
    } finally {
      tvm.endScope();
    }
    this.#pipeline.filledKVCacheLength -= count;
  }

  clear(): Promise<void> {
    return this.#reset();
  }
}

function popFunction({ tvm }: Pipeline): PackedFunction | null {
  tvm.beginScope();
  try {
    return tvm.detachFromCurrentScope(tvm.getGlobalFunc(POP_FUNCTION));
  } catch {
    // A library without it works, only slower: every changed prompt is prefilled whole.
    return null;
  } finally {
    tvm.endScope();
  }
}

/** Prefill kernels of different lengths round differently, in 16 bits visibly; a cache of other tokens differs tenfold. */
const ROLLBACK_TOLERANCE = 0.05;

/**
 * Proves on the loaded model that taking tokens off the KV cache is what it seems: the logits after a rollback must be those
 * of the same tokens fed afresh (root mean square of the difference, relative to the spread of the logits). Where they are
 * not, `canRollBack` becomes false. Costs four short forwards, once per load, and leaves the cache empty.
 * @param tokens of an ordinary sentence, at least six.
 */
export async function proveRollBack(pipeline: WebLlmPipeline, tokens: readonly number[]): Promise<void> {
  if (!pipeline.canRollBack || tokens.length < 6) return;
  const start = tokens.slice(0, -3);
  const [probe = 0, ...others] = tokens.slice(-3);
  await pipeline.clear();
  await pipeline.feed(start);
  const expected = await pipeline.forward([probe]);
  await pipeline.clear();
  await pipeline.feed([...start, ...others]);
  pipeline.drop(others.length);
  const actual = await pipeline.forward([probe]);
  await pipeline.clear();
  if (!(relativeDifference(expected, actual) <= ROLLBACK_TOLERANCE)) pipeline.canRollBack = false;
}

function relativeDifference(expected: Float32Array, actual: Float32Array): number {
  const mean = expected.reduce((sum, logit) => sum + logit, 0) / expected.length;
  let difference = 0;
  let spread = 0;
  for (const [at, logit] of expected.entries()) {
    difference += (logit - (actual[at] ?? NaN)) ** 2;
    spread += (logit - mean) ** 2;
  }
  return Math.sqrt(difference / spread);
}
