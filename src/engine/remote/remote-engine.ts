/** A model on an OpenAI-compatible server, behind the `Engine` port. */
import { AppError, isAbort } from '../../errors/app-error.ts';
import { EngineMachine } from '../engine-base.ts';
import { breakControlTexts } from '../llamacpp/worker/control-text.ts';
import type {
  Engine,
  EngineState,
  GenerateRequest,
  GenerationEvent,
  LoadedModel,
  ModelToLoad,
  OptionScore,
  RemoteModel,
} from '../port.ts';
import type { ServerAbilities } from './connect/abilities.ts';
import { browserSurroundings } from './browser.ts';
import { generate } from './generate.ts';
import { hostOf, type ServerEndpoint } from './http.ts';
import { patienceOf, type Patience, type Surroundings } from './patience.ts';
import { probeServer } from './connect/probe.ts';
import { score } from './score.ts';
import { countTokens } from './tokens.ts';

interface Connection {
  readonly server: ServerEndpoint;
  readonly model: RemoteModel;
  readonly abilities: ServerAbilities;
  /** Ends what is under way when the server is let go. */
  readonly closed: AbortController;
}

export interface RemoteEngineOptions {
  readonly surroundings?: Surroundings;
  readonly patience?: () => Patience;
}

export class RemoteEngine implements Engine {
  readonly kind = 'remote';
  readonly #machine = new EngineMachine();
  readonly #surroundings: Surroundings;
  readonly #patience: () => Patience;
  #connection: Connection | null = null;

  constructor({ surroundings = browserSurroundings(), patience }: RemoteEngineOptions = {}) {
    this.#surroundings = surroundings;
    this.#patience = patience ?? (() => patienceOf(surroundings.random));
  }

  get state(): EngineState {
    return this.#machine.state;
  }

  subscribe(listener: (state: EngineState) => void): () => void {
    return this.#machine.subscribe(listener);
  }

  async load(model: ModelToLoad, signal?: AbortSignal): Promise<LoadedModel> {
    if (model.engine !== 'remote')
      throw new AppError('engine/unsupported-option', 'this engine knows servers only', {
        engine: model.engine,
      });
    const run = this.#machine.beginLoad(model);
    this.#close();
    const closed = new AbortController();
    const server: ServerEndpoint = { root: model.server.root, key: model.key };
    try {
      const stop = signal ? AbortSignal.any([signal, closed.signal]) : closed.signal;
      stop.throwIfAborted();
      const abilities = await probeServer(
        server,
        this.#surroundings,
        model.server.model,
        stop,
        model.knownContext,
      );
      if (!run.current) throw new AppError('aborted', 'the server was let go while it was asked');
      this.#connection = { server, model, abilities, closed };
      const loaded = loadedModel(model, abilities);
      run.ready(loaded);
      return loaded;
    } catch (thrown) {
      closed.abort();
      throw run.fail(thrown, 'server/failed');
    }
  }

  async *generate(request: GenerateRequest, signal?: AbortSignal): AsyncGenerator<GenerationEvent> {
    const work = this.#machine.beginWork();
    try {
      const { server, abilities, closed } = this.#agreed();
      const prompt = this.#safe(request.prompt);
      // Unloading ends a reply like Stop does: what was written stays.
      const stop = signal ? AbortSignal.any([signal, closed.signal]) : closed.signal;
      yield* generate(
        {
          server,
          abilities,
          surroundings: this.#surroundings,
          patience: this.#patience(),
          signal: stop,
        },
        { ...request, prompt },
      );
    } finally {
      work.end();
    }
  }

  async score(
    prompt: string,
    options: readonly string[],
    signal?: AbortSignal,
  ): Promise<readonly OptionScore[]> {
    const work = this.#machine.beginWork();
    try {
      const { server, abilities, closed } = this.#agreed();
      const stop = signal ? AbortSignal.any([signal, closed.signal]) : closed.signal;
      stop.throwIfAborted();
      const scores = await score(
        { server, surroundings: this.#surroundings, model: abilities.model, signal: stop },
        abilities,
        this.#safe(prompt),
        options.map((option) => this.#safe(option)),
      );
      return scores.map((each, index) => ({ ...each, option: options[index] ?? each.option }));
    } catch (thrown) {
      throw isAbort(thrown) ? new AppError('aborted', 'scoring was stopped') : thrown;
    } finally {
      work.end();
    }
  }

  async countTokens(text: string): Promise<number> {
    this.#machine.requireLoaded();
    const { server, abilities, closed } = this.#agreed();
    return countTokens(server, this.#surroundings, abilities, this.#safe(text), closed.signal);
  }

  unload(): Promise<void> {
    this.#machine.reset();
    this.#close();
    return Promise.resolve();
  }

  /** @throws AppError `engine/not-loaded`, `server/unconfirmed`: no word leaves before a person has agreed. */
  #agreed(): Connection {
    const connection = this.#connection;
    if (!connection) throw new AppError('engine/not-loaded', 'no server is connected');
    if (!connection.model.agreed()) {
      throw new AppError('server/unconfirmed', 'nobody agreed yet that words go to this server', {
        host: hostOf(connection.server.root),
      });
    }
    return connection;
  }

  #safe(text: string): string {
    return breakControlTexts(text, this.#connection?.abilities.controlTexts ?? []);
  }

  #close(): void {
    this.#connection?.closed.abort();
    this.#connection = null;
  }
}

function loadedModel(model: RemoteModel, abilities: ServerAbilities): LoadedModel {
  const { id, name, root } = model.server;
  const host = hostOf(root);
  return {
    engine: 'remote',
    engineVersion: abilities.software === '' ? 'of a version it does not tell' : abilities.software,
    modelId: model.modelId,
    displayName: model.displayName,
    quantization: abilities.quantization === '' ? model.quantization : abilities.quantization,
    backend: 'server',
    backendReason: reasonOf(name, host, abilities),
    adapter: '',
    threads: 0,
    gpuLayers: 0,
    totalLayers: 0,
    contextLength: abilities.contextLength,
    vocabSize: abilities.vocabSize,
    sourceSha256: '',
    librarySha256: '',
    server: {
      id,
      name,
      host,
      model: abilities.model,
      sameOrigin: typeof location !== 'undefined' && new URL(root).origin === location.origin,
      fingerprint: abilities.fingerprint,
      scoringProblem: abilities.scoringProblem,
    },
    promptAs: model.promptAs,
  };
}

function reasonOf(
  name: string,
  host: string,
  { contextKnown, contextLength, counting, bosTokens, parameters, scoring, model }: ServerAbilities,
): string {
  return [
    `On the server ${name === host ? host : `${name} (${host})`}, as “${model}”: what you ask goes there.`,
    ...(contextKnown ? [] : [`It does not tell its window; ${String(contextLength)} tokens are assumed.`]),
    ...(counting === 'tokenize' ? [] : ['It does not count tokens; lengths are estimated, never too short.']),
    ...(bosTokens !== null && bosTokens > 1
      ? [`It puts ${String(bosTokens)} start tokens before a prompt instead of one: replies may be worse.`]
      : []),
    ...(parameters === 'full' ? [] : ['It takes neither top_k nor a repetition penalty.']),
    ...(scoring === null ? ['It cannot score options.'] : []),
  ].join(' ');
}
