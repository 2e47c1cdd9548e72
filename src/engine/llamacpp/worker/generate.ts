/** One reply on llama.cpp, token by token. */
import type { RawCompletionChunk } from '@wllama/wllama';
import { AppError, isAbort } from '../../../errors/app-error.ts';
import type { ChosenToken, FinishReason, GenerateRequest } from '../../port.ts';
import type { ReplyEnd } from '../../reply/reply-clock.ts';
import { StopScanner } from '../../reply/stop-scanner.ts';
import { LLAMACPP_ABILITIES } from '../abilities.ts';
import type { PromptText } from './tokens/prompt-text.ts';
import { isStrayByte } from './tokens/stray-byte.ts';
import { toldTokens } from './tokens/told-tokens.ts';
import type { CompletionOptions, WllamaModel } from './wllama-model.ts';

/** llama.cpp's own default reach of the repetition penalty, which published settings assume. */
const PENALTY_TOKENS = 64;
/** llama.cpp reads larger seeds as "draw one". */
const SEEDS = 2 ** 31;
/**
 * Where one of the likeliest tokens is a stray byte, llama.cpp cannot tell any: it writes as many tokens as a character may have
 * without telling, and then tells again.
 */
const UNTOLD_TOKENS = 4;
/** Each costs a request; a reply that comes upon more is in a script of bytes, and goes on untold. */
const MOST_UNTOLD = 24;

export interface GenerationListener {
  prefill(): void;
  /** @param text whole characters, never part of a stop string. @param told if the request asked for it. */
  tokens(text: string, completionTokens: number, told?: readonly ChosenToken[]): void;
}

/**
 * @throws AppError `engine/prompt-too-long` before anything runs, `engine/generation-failed`, `engine/worker-crashed`,
 *   `engine/device-lost`. A stop through `signal` throws nothing: it is a finish reason.
 */
export async function generate(
  model: Pick<WllamaModel, 'stream' | 'facts'>,
  text: PromptText,
  request: GenerateRequest,
  signal: AbortSignal,
  listener: GenerationListener,
): Promise<ReplyEnd> {
  const { sampling, stops, topAlternatives, bannedTokens = [] } = request;
  const alternatives = Math.min(topAlternatives ?? 0, LLAMACPP_ABILITIES.alternatives);
  const prompt = text.safe(request.prompt);
  const counted = text.promptTokens(prompt);
  if (counted !== null) text.requireRoom(counted);
  const seed = sampling.seed === null ? randomSeed() : ((sampling.seed % SEEDS) + SEEDS) % SEEDS;
  const progress = new Progress(counted ?? 0);
  if (sampling.maxTokens < 1) return progress.done('length', seed);
  const maxTokens = Math.min(sampling.maxTokens, model.facts.contextLength - (counted ?? 0));

  // llama.cpp could look for stop strings too, but when a reply ends for another reason it keeps what it held back.
  const scanner = new StopScanner(stops);
  const enough = new AbortController();
  let written = '';
  let telling = topAlternatives !== undefined;
  const onChunk = (chunk: RawCompletionChunk): void => {
    const before = progress.completionTokens;
    progress.read(chunk);
    const piece = chunk.choices[0]?.text ?? '';
    if (piece === '' && progress.completionTokens === before) {
      listener.prefill();
      return;
    }
    if (scanner.stopped) return;
    written += piece;
    const scanned = scanner.push(piece);
    const told =
      topAlternatives === undefined ? undefined : telling ? toldTokens(chunk, alternatives) : [untold(piece)];
    listener.tokens(scanned.text, progress.completionTokens, told);
    if (scanned.stopped) enough.abort();
  };

  const run = (forbidden: readonly number[], most = maxTokens): Promise<RawCompletionChunk> => {
    const options: CompletionOptions = {
      prompt: written === '' ? prompt : text.safe(prompt + written),
      max_tokens: Math.min(most, maxTokens - progress.completionTokens),
      temperature: sampling.temperature,
      top_p: sampling.topP,
      top_k: sampling.topK,
      // On by default in llama.cpp, and unknown to the app's settings.
      min_p: 0,
      repeat_penalty: sampling.repetitionPenalty,
      repeat_last_n: PENALTY_TOKENS,
      // Taken up again with the same seed it would draw the same numbers again.
      seed: (seed + progress.takenUp) % SEEDS,
      // A control token that is asked for as a stop (`<EOD>`) must show in the text to be found; others never do.
      preserved_tokens: stops.filter((stop) => text.tokenizer?.controlTexts.includes(stop)),
      cache_prompt: true,
      timings_per_token: true,
      return_progress: true,
      // The chosen one is told only with at least one of the likeliest.
      ...(telling && { n_probs: Math.max(1, alternatives) }),
      logit_bias: [...bannedTokens, ...forbidden].map((id) => [id, false] as const),
    };
    return model.stream(options, AbortSignal.any([signal, enough.signal]), onChunk);
  };

  const stray: { thrown: unknown } = { thrown: null };
  /** @returns `STRAY` where llama.cpp came upon a byte that is no text. */
  const attempt = async (
    work: () => Promise<RawCompletionChunk>,
  ): Promise<RawCompletionChunk | typeof STRAY> => {
    try {
      return await work();
    } catch (thrown) {
      if (!isStrayByte(thrown)) throw thrown;
      stray.thrown = thrown;
      return STRAY;
    }
  };
  const hasRoom = (): boolean => progress.completionTokens < maxTokens;

  let finishReason: FinishReason = 'aborted';
  try {
    const asked = telling;
    let last = await attempt(() => run([]));
    if (last !== STRAY) text.confirm(counted, last.usage?.prompt_tokens ?? progress.promptTokens);
    // One of the likeliest tokens was a stray byte, or the one that was written: untold, it shows which.
    for (let taken = 0; asked && last === STRAY && hasRoom(); taken += 1) {
      progress.goOn();
      telling = false;
      last = await attempt(() => run([], taken < MOST_UNTOLD ? UNTOLD_TOKENS : maxTokens));
      if (taken >= MOST_UNTOLD || last === STRAY || last.choices[0]?.finish_reason !== 'length') break;
      if (!hasRoom()) break;
      progress.goOn();
      telling = true;
      last = await attempt(() => run([]));
    }
    if (last === STRAY) {
      // The model wrote a byte that belongs to no character. The reply goes on behind what was written, in whole characters.
      const high = text.tokenizer?.highByteIds ?? [];
      if (high.length === 0 || !hasRoom()) throw stray.thrown;
      progress.goOn();
      telling = false;
      last = await run(high);
    }
    finishReason = last.choices[0]?.finish_reason === 'length' ? 'length' : 'stop';
  } catch (thrown) {
    if (!isAbort(thrown)) throw thrown;
  }
  const rest = scanner.flush();
  if (rest !== '') listener.tokens(rest, progress.completionTokens);
  return progress.done(scanner.stopped ? 'stop' : finishReason, seed);
}

const STRAY = Symbol('a stray byte');

/** A piece of text whose tokens llama.cpp could not tell. */
function untold(text: string): ChosenToken {
  return { id: null, text, logProbability: Number.NaN, alternatives: [] };
}

/** Counts and times as llama.cpp reports them with every chunk, so that they are there also after a stop. */
class Progress {
  #promptTokens: number;
  #reusedTokens = 0;
  #prefillMs = 0;
  #decodeMs = 0;
  #tokens = 0;
  /** Of the part before the reply had to be taken up again. */
  #before: { readonly tokens: number; readonly decodeMs: number } | null = null;
  #takenUp = 0;

  constructor(promptTokens: number) {
    this.#promptTokens = promptTokens;
  }

  get promptTokens(): number {
    return this.#promptTokens;
  }

  get completionTokens(): number {
    return (this.#before?.tokens ?? 0) + this.#tokens;
  }

  /** How many times it was taken up again. */
  get takenUp(): number {
    return this.#takenUp;
  }

  read({ timings, usage, prompt_progress }: RawCompletionChunk): void {
    if (timings) {
      this.#tokens = timings.predicted_n;
      this.#decodeMs = timings.predicted_ms;
    }
    if (usage) this.#tokens = usage.completion_tokens;
    // A second part's prompt is the first part: what it cost says nothing about the prompt.
    if (this.#before) return;
    if (prompt_progress) {
      this.#promptTokens = prompt_progress.total;
      this.#reusedTokens = prompt_progress.cache;
    }
    if (timings) this.#prefillMs = timings.prompt_ms;
    if (usage) {
      this.#promptTokens = usage.prompt_tokens;
      this.#reusedTokens = usage.prompt_tokens_details?.cached_tokens ?? this.#reusedTokens;
    }
  }

  goOn(): void {
    this.#before = {
      tokens: this.completionTokens,
      decodeMs: (this.#before?.decodeMs ?? 0) + this.#decodeMs,
    };
    this.#takenUp += 1;
    [this.#tokens, this.#decodeMs] = [0, 0];
  }

  done(finishReason: FinishReason, seed: number): ReplyEnd {
    return {
      finishReason,
      usage: {
        promptTokens: this.#promptTokens,
        reusedTokens: this.#reusedTokens,
        completionTokens: this.completionTokens,
      },
      prefillMs: this.#prefillMs,
      decodeMs: (this.#before?.decodeMs ?? 0) + this.#decodeMs,
      seed,
    };
  }
}

function randomSeed(): number {
  const [seed = 0] = crypto.getRandomValues(new Uint32Array(1));
  return seed % SEEDS;
}

/**
 * Counts a prompt by llama.cpp itself, for models whose tokenizer is of another family: it tells the count with the first
 * prefill batch, then the run is given up. Costs that batch.
 * @returns tokens, with BOS if the model has one.
 */
export async function countNatively(
  model: Pick<WllamaModel, 'stream'>,
  prompt: string,
  signal: AbortSignal,
): Promise<number> {
  const known = new AbortController();
  const told: { total: number | null } = { total: null };
  try {
    await model.stream(
      { prompt, max_tokens: 1, temperature: 0, return_progress: true },
      AbortSignal.any([signal, known.signal]),
      ({ prompt_progress, usage }) => {
        told.total ??= prompt_progress?.total ?? usage?.prompt_tokens ?? null;
        if (told.total !== null) known.abort();
      },
    );
  } catch (thrown) {
    // A text longer than the window can still be counted: the refusal tells how long it is.
    const counted = thrown instanceof AppError ? thrown.details.promptTokens : undefined;
    if (typeof counted === 'number') return counted;
    if (!isAbort(thrown) || told.total === null) throw thrown;
  }
  if (told.total === null) {
    throw new AppError('engine/generation-failed', 'llama.cpp did not say how long the prompt is');
  }
  return told.total;
}
