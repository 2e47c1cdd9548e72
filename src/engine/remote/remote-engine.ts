/** A model on an OpenAI-compatible server, behind the `Engine` port. */
import { AppError, isAbort, toAppError } from '../../errors/app-error.ts';
import { breakControlTexts } from '../llamacpp/worker/tokens/control-text.ts';
import type {
  Engine,
  GenerateRequest,
  GenerationEvent,
  GenerationWaiting,
  LoadedModel,
  LoadWatch,
  ModelToLoad,
  OptionScore,
} from '../port.ts';
import { startSentence, type ServerAbilities } from './connect/abilities.ts';
import { ignoredSentence } from './completion-request.ts';
import { REMOTE_ABILITIES } from './engine-abilities.ts';
import { browserSurroundings } from './browser.ts';
import { generate, type GenerateContext } from './generate.ts';
import { hostOf, type ServerEndpoint } from './http.ts';
import { isRemoteModel, type RemoteModel } from './model.ts';
import { patientJson } from './patient-request.ts';
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
  readonly #surroundings: Surroundings;
  readonly #patience: () => Patience;
  #connection: Connection | null = null;

  constructor({ surroundings = browserSurroundings(), patience }: RemoteEngineOptions = {}) {
    this.#surroundings = surroundings;
    this.#patience = patience ?? (() => patienceOf(surroundings.random));
  }

  async load(model: ModelToLoad, { signal }: LoadWatch): Promise<LoadedModel> {
    if (!isRemoteModel(model))
      throw new AppError('engine/unsupported-option', 'this engine knows servers only', {
        engine: model.engine,
      });
    this.#close();
    const server: ServerEndpoint = { root: model.server.root, key: model.key };
    if (signal.aborted) throw new AppError('aborted', 'the server was let go before it was asked');
    const abilities = await probeServer(
      server,
      this.#surroundings,
      model.server.model,
      signal,
      model.knownContext,
    ).catch((thrown: unknown) => {
      throw signal.aborted
        ? new AppError('aborted', 'the server was let go while it was asked')
        : toAppError(thrown, 'server/failed');
    });
    this.#connection = { server, model, abilities, closed: new AbortController() };
    return loadedModel(model, abilities);
  }

  async *generate(request: GenerateRequest, signal: AbortSignal): AsyncGenerator<GenerationEvent> {
    yield* generate(this.#context(this.#agreed(), signal), {
      ...request,
      prompt: this.#safe(request.prompt),
    });
  }

  async score(
    prompt: string,
    options: readonly string[],
    signal: AbortSignal,
    onWaiting?: (waiting: GenerationWaiting) => void,
  ): Promise<readonly OptionScore[]> {
    const connection = this.#agreed();
    const { server, abilities } = connection;
    const context = this.#context(connection, signal);
    try {
      const scores = await score(
        {
          host: hostOf(server.root),
          model: abilities.model,
          ask: (path, schema, body) => patientJson(context, path, schema, body, onWaiting),
        },
        abilities,
        this.#safe(prompt),
        options.map((option) => this.#safe(option)),
      );
      return scores.map((each, index) => ({ ...each, option: options[index] ?? each.option }));
    } catch (thrown) {
      throw isAbort(thrown) ? new AppError('aborted', 'scoring was stopped') : thrown;
    }
  }

  async countTokens(text: string): Promise<number> {
    const connection = this.#agreed();
    const context = this.#context(connection);
    return countTokens(
      (path, schema, body) => patientJson(context, path, schema, body),
      connection.abilities,
      this.#safe(text),
    );
  }

  unload(): Promise<void> {
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

  #context({ server, abilities, closed }: Connection, signal?: AbortSignal): GenerateContext {
    return {
      server,
      abilities,
      surroundings: this.#surroundings,
      patience: this.#patience(),
      signal: signal ? AbortSignal.any([signal, closed.signal]) : closed.signal,
    };
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
    source: root,
    sourceSha256: '',
    librarySha256: '',
    abilities: { ...REMOTE_ABILITIES, scoring: abilities.scoring !== null },
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
  { contextKnown, contextLength, counting, bosTokens, ignores, scoring, model }: ServerAbilities,
): string {
  return [
    `On the server ${name === host ? host : `${name} (${host})`}, as “${model}”: what you ask goes there.`,
    ...(contextKnown ? [] : [`It does not tell its window; ${String(contextLength)} tokens are assumed.`]),
    ...(counting === 'tokenize' ? [] : ['It does not count tokens; lengths are estimated, never too short.']),
    startSentence(bosTokens),
    ignoredSentence(ignores),
    ...(scoring === null ? ['It cannot score options.'] : []),
  ]
    .filter((sentence) => sentence !== '')
    .join(' ');
}
