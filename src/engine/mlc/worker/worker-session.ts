/** One model in one worker: loads it with web-llm and answers requests. Made once per worker; a new load gets a new worker. */
import type { MLCEngine } from '@mlc-ai/web-llm';
import { AppError, toAppError, type ErrorCode } from '../../../errors/app-error.ts';
import type { GenerateRequest, GenerationDone, LoadedModel, LoadReport, OptionScore } from '../../port.ts';
import type { MlcModel } from '../model.ts';
import { forbidDownloads } from './web-llm/forbid-downloads.ts';
import { checkPackage, type CheckedPackage } from '../package-check.ts';
import { MLC_ABILITIES } from '../abilities.ts';
import type { LoadOrder } from '../calls.ts';
import { LoadProgressReader } from './web-llm/load-progress.ts';
import { readShardsAhead } from './web-llm/read-ahead.ts';
import { MODEL_CACHE, packageEntry } from '../cache-layout.ts';
import { adapterInfo, requireAdapter } from '../requirements.ts';
import { TextTokenizer, textOnlyTokenizer } from './text-tokenizer.ts';
import { TokenEngine, type Cancellation, type GeneratedToken } from './generation/token-engine.ts';
import { WEB_LLM_VERSION } from '../web-llm-constants.ts';
import { makeTokenizer, pipelineOf, proveRollBack, WebLlmPipeline } from './web-llm/web-llm-internals.ts';

/**
 * Everything passes through as it is: the app renders prompts itself, and this engine feeds token ids. web-llm still wants a
 * template to make a conversation object from. No `role_templates`: they would run people's text through `String.replace`.
 */
const PASS_THROUGH_TEMPLATE = {
  system_template: '{system_message}',
  system_message: '',
  roles: { user: '', assistant: '', tool: '' },
  role_content_sep: '',
  role_empty_sep: '',
  seps: [''],
  stop_str: [],
  stop_token_ids: [],
};

/** Any ordinary words: enough tokens in every vocabulary for the trial of taking some back. */
const TRIAL_SENTENCE = 'What is taken back must leave no trace in the next answer.';

interface Loaded {
  readonly engine: TokenEngine;
  /** Frees GPU memory, and waits until it is free. */
  readonly free: () => Promise<void>;
}

export class WorkerSession {
  #loaded: Loaded | null = null;
  #loadFault: ErrorCode = 'engine/bad-model-file';

  /** What an error of `load` means that says nothing of itself. */
  get loadFault(): ErrorCode {
    return this.#loadFault;
  }

  /** @throws AppError, see `Engine.load`; foreign errors as they are. */
  async load(request: LoadOrder, report: (progress: LoadReport) => void): Promise<LoadedModel> {
    const { model, contextLength } = request;
    // At the same time: the graphics adapter, the look at the package, and, where an adapter is, 7 MB of program.
    const checking = checkPackage(model, caches);
    checking.catch(() => undefined);
    const { adapter, description } = await requireGpu(model);
    const program = import('@mlc-ai/web-llm');
    program.catch(() => undefined);
    const checked = await checking;
    const progress = new LoadProgressReader(checked.index.totalBytes);
    const endReading = await this.#readAhead(checked, (bytes) => {
      report(progress.readMore(bytes));
    });
    try {
      const engine = await this.#reload(request, checked, await program, (fraction) => {
        report(progress.read(fraction));
      });
      return await this.#ready(
        request,
        checked,
        engine,
        describe(model, checked, contextLength, adapter.features.has('shader-f16'), description),
      );
    } finally {
      endReading();
    }
  }

  /** The first shard is read while the program is still on its way. @returns ends it. */
  async #readAhead({ index, baseUrl }: CheckedPackage, onRead: (bytes: number) => void): Promise<() => void> {
    const shards = index.shards.map(({ name, bytes }) => ({ url: packageEntry(baseUrl, name).url, bytes }));
    const end = readShardsAhead(Cache.prototype, shards, onRead);
    const cache = await caches.open(MODEL_CACHE);
    // Whether it is there is for web-llm to find out.
    cache.match(shards[0]?.url ?? '').catch(() => undefined);
    return end;
  }

  async #reload(
    { model, contextLength }: LoadOrder,
    checked: CheckedPackage,
    webLlm: { readonly MLCEngine: typeof MLCEngine },
    onPlaced: (fraction: number) => void,
  ): Promise<MLCEngine> {
    forbidDownloads(Cache.prototype);
    const engine = new webLlm.MLCEngine({
      appConfig: {
        model_list: [
          {
            model: checked.baseUrl,
            model_id: model.modelId,
            model_lib: checked.libraryUrl,
            ...(model.quantization === 'q4f16_1' ? { required_features: ['shader-f16'] } : {}),
          },
        ],
        cacheBackend: 'cache',
      },
      initProgressCallback: (now) => {
        this.#loadFault = 'engine/bad-model-file';
        onPlaced(now.progress);
      },
      logLevel: 'WARN',
    });
    // Until the first report, which comes with the weights, web-llm does nothing but bring the library to life.
    this.#loadFault = 'engine/library-unfit';
    await engine.reload(model.modelId, {
      tokenizer_files: ['tokenizer.json'],
      context_window_size: contextLength,
      sliding_window_size: -1,
      conv_template: PASS_THROUGH_TEMPLATE,
    });
    return engine;
  }

  /** Proves that it works, and takes it. */
  async #ready(
    { model, contextLength, rollBack }: LoadOrder,
    checked: CheckedPackage,
    engine: MLCEngine,
    loaded: LoadedModel,
  ): Promise<LoadedModel> {
    const internals = pipelineOf(engine, model.modelId);
    const source = textOnlyTokenizer(checked.tokenizerJson);
    const tokenizer = new TextTokenizer(await makeTokenizer(internals, source.json), source);
    const pipeline = new WebLlmPipeline(internals, {
      rollBack,
      contextLength,
      reset: () => engine.resetChat(false, model.modelId),
    });
    try {
      await proveRollBack(pipeline, tokenizer.encode(TRIAL_SENTENCE));
    } catch (thrown) {
      const { message } = toAppError(thrown);
      throw new AppError('engine/worker-crashed', message, { stage: 'roll-back trial' }, { cause: thrown });
    }
    this.#loaded = {
      engine: new TokenEngine(pipeline, tokenizer, checked.config),
      free: () => engine.unload(),
    };
    return loaded;
  }

  generate(
    request: GenerateRequest,
    cancellation: Cancellation,
    report: (token: GeneratedToken) => void,
  ): Promise<GenerationDone> {
    return this.#require().generate(request, cancellation, report);
  }

  score(
    prompt: string,
    options: readonly string[],
    cancellation: Cancellation,
  ): Promise<readonly OptionScore[]> {
    return this.#require().score(prompt, options, cancellation);
  }

  count(text: string): number {
    return this.#require().countTokens(text);
  }

  async unload(): Promise<void> {
    const loaded = this.#loaded;
    this.#loaded = null;
    await loaded?.free();
  }

  #require(): TokenEngine {
    if (!this.#loaded) throw new AppError('engine/not-loaded', 'This worker has no model');
    return this.#loaded.engine;
  }
}

async function requireGpu(model: MlcModel): Promise<{ adapter: GPUAdapter; description: string }> {
  const gpu = (navigator as Partial<Navigator>).gpu;
  // The same choice as web-llm's.
  const adapter = (await gpu?.requestAdapter({ powerPreference: 'high-performance' })) ?? null;
  if (!adapter) {
    throw new AppError('engine/unsupported-adapter', 'There is no WebGPU adapter', {
      hasWebGpu: gpu !== undefined,
    });
  }
  requireAdapter(adapterInfo(adapter), model.quantization);
  const { description, vendor, architecture } = adapter.info;
  return { adapter, description: description || [vendor, architecture].filter(Boolean).join(' ') };
}

function describe(
  model: MlcModel,
  checked: CheckedPackage,
  contextLength: number,
  hasF16: boolean,
  adapter: string,
): LoadedModel {
  const arithmetic =
    model.quantization === 'q4f16_1'
      ? 'On the graphics processor, in 16-bit arithmetic.'
      : hasF16
        ? 'On the graphics processor, in 32-bit arithmetic.'
        : 'On the graphics processor, in 32-bit arithmetic: the adapter lacks shader-f16.';
  const shorter =
    contextLength < model.contextLength
      ? ` The context is ${contextLength} tokens instead of ${model.contextLength}: there was not enough memory.`
      : '';
  return {
    engine: 'mlc',
    engineVersion: `web-llm ${WEB_LLM_VERSION}`,
    modelId: model.modelId,
    displayName: model.displayName,
    quantization: model.quantization,
    backend: 'webgpu',
    backendReason: arithmetic + shorter,
    adapter,
    threads: 0,
    gpuLayers: checked.index.layers,
    totalLayers: checked.index.layers,
    contextLength,
    vocabSize: checked.config.vocabSize,
    source: model.baseUrl,
    sourceSha256: checked.indexSha256,
    librarySha256: checked.librarySha256,
    abilities: MLC_ABILITIES,
  };
}
