/**
 * The tab's one engine: fetches the code of whichever kind a model needs, and is the only one to say what state it is in.
 * Of several wishes the newest counts: it supersedes a load or a reply under way, and frees the model before it.
 */
import { AppError, isAbort } from '../../errors/app-error.ts';
import type { EngineEntry } from '../engine-entry.ts';
import { EngineMachine, type LoadRun } from './engine-machine.ts';
import type { ClaimForModel, MachineClaim } from './exclusive.ts';
import type {
  Engine,
  EngineState,
  GenerateRequest,
  GenerationEvent,
  GenerationWaiting,
  LoadedModel,
  ModelToLoad,
  OptionScore,
} from '../port.ts';
import { ReplyMeter } from '../reply/reply-meter.ts';

/** What of a registry the tab needs. */
export type EngineEntries = Readonly<Record<string, Pick<EngineEntry, 'load' | 'weightBytes'>>>;

export interface LoadHow {
  readonly signal?: AbortSignal;
  /** Asks the tab that holds a large model to let go of it, instead of failing. */
  readonly takeOver?: boolean;
}

export class TabEngine {
  readonly #machine = new EngineMachine();
  readonly #entries: EngineEntries;
  readonly #claim: ClaimForModel;
  #engine: { readonly kind: string; readonly engine: Engine } | null = null;
  #wish: AbortController | null = null;
  /** The load asked for last: what others say of their models no longer counts. */
  #latest: LoadRun | null = null;
  /** Settles when the latest load or unload is over, however it ended. */
  #over: Promise<unknown> = Promise.resolve();
  /** Held while a large model is loaded or loading. */
  #held: MachineClaim | null = null;

  constructor(entries: EngineEntries, claim: ClaimForModel) {
    this.#entries = entries;
    this.#claim = claim;
    // What was lost holds nothing any more; what is freed lets go of the machine when it is.
    this.#machine.subscribe(({ status }) => {
      if (status === 'lost') this.#release();
    });
  }

  get state(): EngineState {
    return this.#machine.state;
  }

  /** Calls back on every change of `state`. @returns a function that ends it. */
  subscribe(listener: (state: EngineState) => void): () => void {
    return this.#machine.subscribe(listener);
  }

  /**
   * Loads a model in place of whatever is loaded, loading or generating.
   * @throws AppError as `Engine.load`; `aborted` also when a later call overtakes this one; `bytes/offline` when the engine's
   *   own code cannot be fetched; `engine/in-use-elsewhere` when another tab holds a large model;
   *   `engine/unsupported-option` for an engine this build does not have.
   */
  load(model: ModelToLoad, { signal, takeOver = false }: LoadHow = {}): Promise<LoadedModel> {
    this.#wish?.abort();
    const mine = new AbortController();
    this.#wish = mine;
    const busy = this.state.status === 'generating';
    const stop = signal ? AbortSignal.any([mine.signal, signal]) : mine.signal;
    const run = this.#machine.beginLoad(model);
    this.#latest = run;
    return this.#enqueue(async () => {
      try {
        return await this.#load(model, run, stop, { busy, takeOver });
      } catch (thrown) {
        // Nothing is held after a load that came to nothing, wherever it ended.
        await this.#engine?.engine.unload();
        const error = run.fail(thrown, 'engine/bad-model-file');
        this.#releaseUnlessWanted();
        throw error;
      }
    });
  }

  /**
   * Streams a reply. Ends with exactly one `done`, also when `signal` aborts or the model is unloaded (reason `aborted`).
   * @throws AppError `engine/not-loaded`, `engine/busy`, and what `Engine.generate` throws.
   */
  async *generate(request: GenerateRequest, signal?: AbortSignal): AsyncGenerator<GenerationEvent> {
    const work = this.#machine.beginWork();
    const tally = new ReplyMeter(request);
    try {
      if (signal?.aborted !== true) {
        const stop = signal ?? new AbortController().signal;
        for await (const event of this.#require().generate(request, stop)) {
          yield tally.seen(event);
          if (event.type === 'done') return;
        }
      }
      if (signal?.aborted !== true && work.current) {
        throw new AppError('engine/generation-failed', 'the engine ended a reply without saying so');
      }
      yield tally.aborted();
    } catch (thrown) {
      // Unloading ends a reply like Stop does: what was written stays.
      if (!isAbort(thrown)) throw thrown;
      yield tally.aborted();
    } finally {
      work.end();
    }
  }

  /** @throws AppError `engine/not-loaded`, `engine/busy`, and what `Engine.score` throws. */
  async score(
    prompt: string,
    options: readonly string[],
    signal?: AbortSignal,
    onWaiting?: (waiting: GenerationWaiting) => void,
  ): Promise<readonly OptionScore[]> {
    const work = this.#machine.beginWork();
    try {
      if (signal?.aborted === true) throw new AppError('aborted', 'scoring was stopped');
      return await this.#require().score(prompt, options, signal ?? new AbortController().signal, onWaiting);
    } finally {
      work.end();
    }
  }

  /** Number of tokens of `text`, without BOS. @throws AppError `engine/not-loaded`, and as `Engine.countTokens`. */
  async countTokens(text: string): Promise<number> {
    this.#machine.requireLoaded();
    return this.#require().countTokens(text);
  }

  /** Frees memory and GPU. Safe in every state. */
  unload(): Promise<void> {
    this.#wish?.abort();
    // Said at once: a reply or load under way can change nothing any more.
    this.#latest = null;
    this.#machine.reset();
    const held = this.#engine?.engine;
    const freed = held?.unload();
    return this.#enqueue(async () => {
      await freed;
      // A load that was on its way in the queue may have brought another engine meanwhile.
      if (this.#engine?.engine !== held) await this.#engine?.engine.unload();
      this.#releaseUnlessWanted();
    });
  }

  /** Says why there is no model, where looking for one failed before there was anything to load. */
  refuse(error: AppError): void {
    this.#machine.refuse(error);
  }

  async #load(
    model: ModelToLoad,
    run: LoadRun,
    signal: AbortSignal,
    { busy, takeOver }: { readonly busy: boolean; readonly takeOver: boolean },
  ): Promise<LoadedModel> {
    requireWanted(signal);
    const { engine, entry } = await this.#engineFor(model.engine);
    if (busy) await engine.unload();
    const bytes = await entry.weightBytes(model);
    const before = this.#held;
    const claimed = await this.#claim(bytes, {
      displayName: model.displayName,
      takeOver,
      signal,
      onLetGo: () => this.#letGo(),
      held: before,
    });
    // A large model that gives way to a small one is freed by the engine's load, and then the machine is.
    this.#held = claimed ?? before;
    requireWanted(signal);
    const early: { loss: AppError | null } = { loss: null };
    const answer = await engine.load(model, {
      signal,
      onProgress: (report) => run.progress(report),
      onLost: (error) => {
        early.loss = error;
        if (this.#latest === run && !run.current) this.#machine.lose(error);
      },
    });
    requireWanted(signal);
    // Between the engine's word that it has loaded and now.
    if (early.loss) throw early.loss;
    if (!claimed) this.#release();
    const { verifiedAt } = model;
    const loaded = verifiedAt === undefined ? answer : { ...answer, verifiedAt };
    run.ready(loaded);
    return loaded;
  }

  async #engineFor(
    kind: string,
  ): Promise<{ readonly engine: Engine; readonly entry: EngineEntries[string] }> {
    const entry = Object.hasOwn(this.#entries, kind) ? this.#entries[kind] : undefined;
    if (!entry) throw new AppError('engine/unsupported-option', 'no such engine here', { engine: kind });
    if (this.#engine?.kind === kind) return { engine: this.#engine.engine, entry };
    await this.#engine?.engine.unload();
    this.#engine = null;
    try {
      const engine = await entry.load();
      this.#engine = { kind, engine };
      return { engine, entry };
    } catch (thrown) {
      if (thrown instanceof AppError) throw thrown;
      const details = { engine: kind };
      throw new AppError('bytes/offline', 'the engine could not be fetched', details, { cause: thrown });
    }
  }

  #require(): Engine {
    if (!this.#engine) throw new AppError('engine/not-loaded', 'there is no engine yet');
    return this.#engine.engine;
  }

  #enqueue<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#over.then(work);
    this.#over = result.catch(() => undefined); // whoever asked sees the error
    return result;
  }

  #release(): void {
    this.#held?.release();
    this.#held = null;
  }

  #releaseUnlessWanted(): void {
    const { status } = this.state;
    if (status === 'idle' || status === 'failed' || status === 'lost') this.#release();
  }

  /** Another tab takes over: it gets the machine when this one has freed it. */
  async #letGo(): Promise<void> {
    await this.unload();
    this.refuse(new AppError('engine/in-use-elsewhere', 'another tab took the model over'));
  }
}

function requireWanted(signal: AbortSignal): void {
  if (signal.aborted) throw new AppError('aborted', 'loading was stopped, or another model was asked for');
}
