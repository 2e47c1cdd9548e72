/**
 * Generation and scoring over a `TokenPipeline`: which tokens to feed, which token comes next, when the reply ends. Free of
 * web-llm and of the browser, so that every rule here is tested without a GPU.
 */
import { AppError } from '../../../../errors/app-error.ts';
import type {
  ChosenToken,
  FinishReason,
  GenerateRequest,
  GenerationDone,
  OptionScore,
  TokenEvent,
} from '../../../port.ts';
import { MLC_ABILITIES } from '../../abilities.ts';
import { commonPrefix, planKv } from './kv-plan.ts';
import type { ChatConfig } from '../../../../formats/mlc-package/chat-config.ts';
import { PrefillSlices } from './prefill-slices.ts';
import { logProbability, logSumExp, PENALTY_WINDOW, sampleToken, seededRandom, topIds } from './sampler.ts';
import { StopScanner } from '../../../reply/stop-scanner.ts';
import { tokenText } from '../../../token-text.ts';
import type { TextTokenizer } from '../text-tokenizer.ts';
import type { TokenPipeline } from './token-pipeline.ts';

export type GeneratedToken = Omit<TokenEvent, 'type'>;

/** The loop looks at it between two waits for the GPU. */
export interface Cancellation {
  readonly aborted: boolean;
}

export class TokenEngine {
  readonly #pipeline: TokenPipeline;
  readonly #tokenizer: Pick<TextTokenizer, 'encode' | 'bytesOf'>;
  readonly #config: Pick<ChatConfig, 'prefixTokenIds' | 'stopTokenIds'>;
  readonly #now: () => number;
  readonly #slices = new PrefillSlices();
  /** Exactly the tokens in the KV cache; null when a forward failed half-way and nobody can say. */
  #cached: number[] | null = null;

  constructor(
    pipeline: TokenPipeline,
    tokenizer: Pick<TextTokenizer, 'encode' | 'bytesOf'>,
    config: Pick<ChatConfig, 'prefixTokenIds' | 'stopTokenIds'>,
    now: () => number = () => performance.now(),
  ) {
    this.#pipeline = pipeline;
    this.#tokenizer = tokenizer;
    this.#config = config;
    this.#now = now;
  }

  /** Tokens of `text`, without BOS. */
  countTokens(text: string): number {
    return this.#tokenizer.encode(text).length;
  }

  /**
   * @param onToken called for every token, in order.
   * @throws AppError `engine/prompt-too-long`; whatever the pipeline throws.
   */
  async generate(
    request: GenerateRequest,
    cancellation: Cancellation,
    onToken: (token: GeneratedToken) => void,
  ): Promise<GenerationDone> {
    const started = this.#now();
    const { sampling, topAlternatives, bannedTokens = [] } = request;
    const greedy = sampling.temperature <= 0;
    const seed = sampling.seed ?? (greedy ? null : drawSeed());
    const prompt = this.#promptIds(request.prompt);
    // At least one token of reply must fit behind the prompt, as in the llama.cpp engine.
    this.#requireRoom(prompt.length + 1);
    const reply = new ReplyText(this.#tokenizer, request.stops);
    const { reused, logits: firstLogits } = await this.#prefill(prompt, cancellation);
    const prefilled = this.#now();
    let firstToken = prefilled;
    let completionTokens = 0;
    let finishReason: FinishReason = 'aborted';

    const emit = (text: string, told: ChosenToken | null): void => {
      const elapsedMs = this.#now() - started;
      onToken({ text, completionTokens, elapsedMs, ...(told && { tokens: [told] }) });
    };
    const random = seededRandom(seed ?? 0);
    const recent = prompt.slice(-PENALTY_WINDOW);
    let logits = firstLogits;
    while (logits !== null && !cancellation.aborted) {
      if (completionTokens >= sampling.maxTokens) {
        finishReason = 'length';
        break;
      }
      // Sampling changes them in place.
      const raw = topAlternatives === undefined ? null : logits.slice();
      for (const id of bannedTokens) logits[id] = Number.NEGATIVE_INFINITY;
      const token = sampleToken(logits, recent, sampling, random);
      if (completionTokens === 0) firstToken = this.#now();
      if (this.#config.stopTokenIds.includes(token)) {
        finishReason = 'stop';
        break;
      }
      completionTokens += 1;
      recent.push(token);
      const { text, stopped } = reply.push(token);
      emit(text, raw && this.#told(raw, token, topAlternatives ?? 0));
      if (stopped) {
        finishReason = 'stop';
        break;
      }
      // The last token allowed need not be fed: nothing follows from its logits.
      const full = prompt.length + completionTokens >= this.#pipeline.contextLength;
      if (completionTokens >= sampling.maxTokens || full) {
        finishReason = 'length';
        break;
      }
      logits = await this.#forward([token]);
    }
    const tail = reply.end();
    if (tail !== '') emit(tail, null);
    const finished = this.#now();
    const decodeMs = completionTokens > 0 ? finished - firstToken : 0;
    return {
      type: 'done',
      finishReason,
      usage: { promptTokens: prompt.length, reusedTokens: reused, completionTokens },
      timings: {
        timeToFirstTokenMs: completionTokens > 0 ? firstToken - started : 0,
        prefillMs: prefilled - started,
        decodeMs,
        decodeTokensPerSecond:
          completionTokens > 1 && decodeMs > 0 ? ((completionTokens - 1) * 1000) / decodeMs : 0,
      },
      seed,
      ignored: [],
    };
  }

  /**
   * Log-probability of each option as the continuation of the prompt: the sum over its tokens of ln P(token | all before),
   * from the model's own logits, so without temperature, penalty or top-p, and without a limit on how improbable it may be.
   *
   * An option's tokens are those by which `prompt + option` differs from `prompt`. Where an option melts into the prompt's
   * last token ("…answer:" + "A" tokenised anew), scoring begins at that token, for all options alike, so that their
   * probabilities stay comparable; they are then relative to the shared beginning.
   * Costs one prefill of the prompt, and one forward for every token of an option but its last.
   * @throws AppError `engine/unsupported-option` for an option that adds no token, `engine/prompt-too-long`, `aborted`.
   */
  async score(
    prompt: string,
    options: readonly string[],
    cancellation: Cancellation,
  ): Promise<OptionScore[]> {
    const whole = this.#promptIds(prompt);
    const sequences = options.map((option) => {
      const ids = this.#promptIds(prompt + option);
      this.#requireRoom(ids.length);
      return ids;
    });
    const start = Math.max(
      1,
      sequences.reduce((least, ids) => Math.min(least, commonPrefix(whole, ids)), whole.length),
    );
    const empty = options.find((_, at) => (sequences[at]?.length ?? 0) <= start);
    if (empty !== undefined) {
      throw new AppError('engine/unsupported-option', 'An option adds no token to the prompt', {
        option: empty,
      });
    }
    const base = whole.slice(0, start);
    const baseLogits = await this.#logitsAfter(base, cancellation);
    const scores: OptionScore[] = [];
    for (const [at, ids] of sequences.entries()) {
      let sum = 0;
      for (let position = start; position < ids.length; position += 1) {
        const logits =
          position === start ? baseLogits : await this.#logitsAfter(ids.slice(0, position), cancellation);
        sum += logProbability(logits, ids[position] ?? 0);
      }
      scores.push({ option: options[at] ?? '', logProbability: sum, tokens: ids.length - start });
    }
    return scores;
  }

  #told(logits: Float32Array, token: number, count: number): ChosenToken {
    const total = logSumExp(logits);
    const choice = (id: number) => ({
      id,
      ...tokenText(this.#tokenizer.bytesOf(id)),
      logProbability: (logits[id] ?? Number.NEGATIVE_INFINITY) - total,
    });
    const alternatives = topIds(logits, Math.min(count, MLC_ABILITIES.alternatives)).map(choice);
    return { ...choice(token), alternatives };
  }

  #promptIds(prompt: string): number[] {
    const ids = [...this.#config.prefixTokenIds, ...this.#tokenizer.encode(prompt)];
    if (ids.length === 0) throw new AppError('engine/generation-failed', 'An empty prompt without BOS', {});
    return ids;
  }

  #requireRoom(tokens: number): void {
    const { contextLength } = this.#pipeline;
    if (tokens <= contextLength) return;
    throw new AppError(
      'engine/prompt-too-long',
      `${tokens} tokens do not fit a context of ${contextLength}`,
      {
        promptTokens: tokens - 1,
        contextLength,
      },
    );
  }

  async #logitsAfter(ids: readonly number[], cancellation: Cancellation): Promise<Float32Array> {
    const { logits } = await this.#prefill(ids, cancellation);
    if (logits === null) throw new AppError('aborted', 'Scoring was stopped');
    return logits;
  }

  /** Makes the KV cache hold exactly `prompt`. Logits are null when it was cancelled on the way. */
  async #prefill(
    prompt: readonly number[],
    cancellation: Cancellation,
  ): Promise<{ reused: number; logits: Float32Array | null }> {
    const plan = planKv(this.#cached ?? [], prompt, this.#pipeline.canRollBack);
    if (plan.drop === null) {
      await this.#pipeline.clear();
      this.#cached = [];
    } else if (plan.drop > 0) {
      this.#pipeline.drop(plan.drop);
      this.#cached = this.#cached?.slice(0, -plan.drop) ?? [];
    }
    let left = plan.feed;
    for (;;) {
      if (cancellation.aborted) return { reused: plan.reused, logits: null };
      const length = this.#slices.next(left.length, this.#pipeline.maxForward);
      const slice = left.slice(0, length);
      const before = this.#now();
      const last = length === left.length;
      const logits = last ? await this.#forward(slice) : null;
      if (!last) await this.#run(slice, () => this.#pipeline.feed(slice));
      this.#slices.took(length, this.#now() - before);
      if (last) return { reused: plan.reused, logits };
      left = left.slice(length);
    }
  }

  /** @throws AppError `engine/generation-failed` also for logits that are no numbers: what follows from them would look like an answer. */
  async #forward(ids: readonly number[]): Promise<Float32Array> {
    const logits = await this.#run(ids, () => this.#pipeline.forward(ids));
    if (areNumbers(logits)) return logits;
    this.#cached = null; // what is kept of these tokens is no better
    throw new AppError('engine/generation-failed', 'The model computes values that are not numbers');
  }

  /** Keeps `#cached` true to what the pipeline holds, also when a forward throws. */
  async #run<T>(ids: readonly number[], work: () => Promise<T>): Promise<T> {
    const cached = this.#cached ?? [];
    this.#cached = null;
    const result = await work();
    if (this.#pipeline.cachedTokens !== cached.length + ids.length) {
      throw new AppError(
        'engine/generation-failed',
        'The KV cache holds another number of tokens than was fed',
        {
          expected: cached.length + ids.length,
          held: this.#pipeline.cachedTokens,
        },
      );
    }
    cached.push(...ids);
    this.#cached = cached;
    return result;
  }
}

/** Whether a softmax of them exists. */
function areNumbers(logits: Float32Array): boolean {
  let largest = -Infinity;
  for (const logit of logits) {
    if (Number.isNaN(logit)) return false;
    if (logit > largest) largest = logit;
  }
  return Number.isFinite(largest);
}

/** A reply's text: whole characters only, and nothing of a stop string. */
class ReplyText {
  readonly #tokenizer: Pick<TextTokenizer, 'bytesOf'>;
  readonly #scanner: StopScanner;
  readonly #decoder = new TextDecoder('utf-8', { ignoreBOM: true });

  constructor(tokenizer: Pick<TextTokenizer, 'bytesOf'>, stops: readonly string[]) {
    this.#tokenizer = tokenizer;
    this.#scanner = new StopScanner(stops);
  }

  push(token: number): { text: string; stopped: boolean } {
    return this.#scanner.push(this.#decoder.decode(this.#tokenizer.bytesOf(token), { stream: true }));
  }

  /** Text held back as a possible stop string. Bytes of a character that was never finished are dropped. */
  end(): string {
    return this.#scanner.flush();
  }
}

function drawSeed(): number {
  return crypto.getRandomValues(new Uint32Array(1))[0] ?? 0;
}
