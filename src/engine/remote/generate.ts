/** One reply from a server: asked for, waited for, read event by event. */
import { AppError, isAbort } from '../../errors/app-error.ts';
import type { FinishReason, GenerateRequest, GenerationDone, GenerationEvent } from '../port.ts';
import { StopScanner } from '../reply/stop-scanner.ts';
import type { ServerAbilities } from './connect/abilities.ts';
import { completionBody, ignoredSettings, seedFor } from './completion-request.ts';
import { readEvents } from './events.ts';
import { hostOf, isTooLong, readError } from './http.ts';
import {
  patientJson,
  patientRequest,
  requireLife,
  type PatientContext,
  type Tell,
} from './patient-request.ts';
import { tokenize } from './tokens.ts';
import { completion, type CompletionAnswer } from './wire.ts';

/** No model writes as much in one window of a million tokens; a server that does not stop is stopped. */
const MAX_REPLY_CHARACTERS = 8 * 1024 * 1024;

export interface GenerateContext extends PatientContext {
  readonly abilities: ServerAbilities;
}

/**
 * @param ask its prompt safe: nothing in it is control.
 * @throws AppError `server/*`, `engine/prompt-too-long`, `network/offline-only`. A stop through `signal` throws nothing.
 */
export async function* generate(
  context: GenerateContext,
  ask: GenerateRequest,
): AsyncGenerator<GenerationEvent> {
  const { abilities, surroundings, signal } = context;
  const seed = seedFor(ask.sampling.seed);
  const reply = new Reply(ask, seed, ignoredSettings(abilities.ignores, ask.sampling), surroundings.now);
  try {
    if (ask.sampling.maxTokens < 1) {
      yield reply.done('length');
      return;
    }
    const body = completionBody(abilities, ask, seed);
    const response = await patientRequest(context, 'v1/completions', body, ask.onWaiting).catch(
      async (thrown: unknown) => {
        throw await nameLength(context, ask, thrown);
      },
    );
    yield* read(context, response, reply, ask.onWaiting);
    yield reply.done(reply.finishReason);
  } catch (thrown) {
    // What was held back as the possible beginning of a stop is text after all.
    const rest = reply.rest();
    if (rest) yield rest;
    if (!signal.aborted && !isAbort(thrown)) throw thrown;
    yield reply.done('aborted');
  }
}

/** An error no page may read is the prompt's length where the server's own count says so. */
async function nameLength(
  context: GenerateContext,
  { prompt, sampling }: GenerateRequest,
  thrown: unknown,
): Promise<unknown> {
  const { abilities, server } = context;
  const hidden =
    thrown instanceof AppError &&
    thrown.code === 'server/refused-request' &&
    thrown.details.unreadable === true;
  if (!hidden || abilities.counting !== 'tokenize') return thrown;
  const { length } = await tokenize(
    (path, schema, body) => patientJson(context, path, schema, body),
    abilities.model,
    prompt,
    true,
  );
  if (length + sampling.maxTokens <= abilities.contextLength) return thrown;
  const message = 'the prompt and its reply are longer than the window';
  return new AppError('engine/prompt-too-long', message, { host: hostOf(server.root), promptTokens: length });
}

async function* read(
  context: GenerateContext,
  response: Response,
  reply: Reply,
  tell: Tell,
): AsyncGenerator<GenerationEvent> {
  const { server, patience, signal } = context;
  const host = hostOf(server.root);
  const type = response.headers.get('content-type') ?? '';
  if (!response.body || !/text\/event-stream/i.test(type)) {
    await response.body?.cancel();
    throw new AppError('server/not-compatible', 'the answer is no stream of events', {
      host,
      problem: 'no-stream',
    });
  }
  for await (const item of readEvents(response.body, host, patience.checkEveryMs)) {
    signal.throwIfAborted();
    if (item.type === 'silence') {
      await requireLife(context, item.ms, tell);
      continue;
    }
    if (item.data.trim() === '[DONE]') {
      reply.end();
      break;
    }
    const event = reply.take(parseEvent(item.data, host));
    if (event) yield event;
    if (reply.stopped) break;
    if (reply.characters > MAX_REPLY_CHARACTERS)
      throw new AppError('server/damaged-answer', 'the reply does not end', { host });
  }
  signal.throwIfAborted();
  if (!reply.ended) throw new AppError('server/lost', 'the stream ended before the reply did', { host });
  const rest = reply.rest();
  if (rest) yield rest;
}

function parseEvent(data: string, host: string): CompletionAnswer {
  let json: unknown;
  try {
    json = JSON.parse(data);
  } catch (thrown) {
    throw new AppError('server/damaged-answer', 'an event is no JSON', { host }, { cause: thrown });
  }
  const parsed = completion.safeParse(json);
  if (parsed.success) return parsed.data;
  const error = readError(json);
  if (error && isTooLong(error))
    throw new AppError('engine/prompt-too-long', 'the server says that the prompt is too long', { host });
  if (error) throw new AppError('server/failed', 'the server reported an error while it wrote', { host });
  throw new AppError('server/damaged-answer', 'an event is not what was expected', { host });
}

/** What has come of a reply. */
class Reply {
  readonly #scanner: StopScanner;
  readonly #now: () => number;
  readonly #started: number;
  readonly #seed: number;
  readonly #ignored: GenerationDone['ignored'];
  #promptTokens = 0;
  #reusedTokens = 0;
  /** null: the server tells it only at the end, if at all. */
  #toldTokens: number | null = null;
  #events = 0;
  #firstAt: number | null = null;
  #lastAt = 0;
  #serverMs: { readonly prefill: number; readonly decode: number } | null = null;
  /** Half a surrogate pair that ended a piece. */
  #half = '';
  characters = 0;
  finishReason: FinishReason = 'stop';
  ended = false;
  fingerprint = '';

  constructor(
    { stops }: GenerateRequest,
    seed: number,
    ignored: GenerationDone['ignored'],
    now: () => number,
  ) {
    this.#scanner = new StopScanner(stops);
    this.#seed = seed;
    this.#ignored = ignored;
    this.#now = now;
    this.#started = now();
  }

  get stopped(): boolean {
    return this.#scanner.stopped;
  }

  get #completionTokens(): number {
    return this.#toldTokens ?? this.#events;
  }

  take(event: CompletionAnswer): GenerationEvent | null {
    this.#figures(event);
    const [choice] = event.choices;
    if (!choice) return null; // usage alone
    if (choice.finish_reason) {
      this.finishReason = choice.finish_reason === 'length' ? 'length' : 'stop';
      this.ended = true;
    }
    if (choice.text === '') return null;
    this.#events += 1;
    this.#lastAt = this.#now();
    this.#firstAt ??= this.#lastAt;
    this.characters += choice.text.length;
    const whole = this.#half + choice.text;
    this.#half = /[\uD800-\uDBFF]$/.test(whole) ? whole.slice(-1) : '';
    const { text, stopped } = this.#scanner.push(whole.slice(0, whole.length - this.#half.length));
    if (stopped) {
      this.finishReason = 'stop';
      this.ended = true;
    }
    return this.#token(text);
  }

  end(): void {
    this.ended = true;
  }

  /** What was held back and is text after all; null when nothing was. */
  rest(): GenerationEvent | null {
    const text = this.#scanner.flush();
    return text === '' ? null : this.#token(text);
  }

  done(finishReason: FinishReason): GenerationDone {
    const first = this.#firstAt === null ? this.#now() - this.#started : this.#firstAt - this.#started;
    const seen = this.#firstAt === null ? 0 : this.#lastAt - this.#firstAt;
    const { prefill, decode } = this.#serverMs ?? { prefill: first, decode: seen };
    const completionTokens = this.#completionTokens;
    return {
      type: 'done',
      finishReason,
      usage: { promptTokens: this.#promptTokens, reusedTokens: this.#reusedTokens, completionTokens },
      timings: {
        timeToFirstTokenMs: first,
        prefillMs: prefill,
        decodeMs: decode,
        decodeTokensPerSecond:
          completionTokens > 1 && decode > 0 ? ((completionTokens - 1) * 1000) / decode : 0,
      },
      seed: this.#seed,
      ignored: this.#ignored,
      ...(this.fingerprint !== '' && { fingerprint: this.fingerprint }),
    };
  }

  #token(text: string): GenerationEvent {
    return {
      type: 'token',
      text,
      completionTokens: this.#completionTokens,
      elapsedMs: (this.#firstAt === null ? this.#now() : this.#lastAt) - this.#started,
    };
  }

  #figures({ usage, timings, system_fingerprint }: CompletionAnswer): void {
    if (system_fingerprint) this.fingerprint = system_fingerprint;
    if (timings) {
      this.#toldTokens = timings.predicted_n;
      this.#serverMs = { prefill: timings.prompt_ms, decode: timings.predicted_ms };
    }
    if (!usage) return;
    this.#promptTokens = usage.prompt_tokens;
    this.#reusedTokens = usage.prompt_tokens_details?.cached_tokens ?? this.#reusedTokens;
    if (usage.completion_tokens !== null && usage.completion_tokens !== undefined)
      this.#toldTokens = usage.completion_tokens;
  }
}
