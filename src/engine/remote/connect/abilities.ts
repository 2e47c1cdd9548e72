/** What a server can do, found by asking it and never by its name. */

/**
 * `tokenize`: the server's own tokenizer, exact. `usage`: it tells a prompt's length only with a completion, so short texts
 * are bounded from above by their bytes and long ones cost a one-token completion. `bytes`: bounded by their bytes alone.
 */
export type Counting = 'tokenize' | 'usage' | 'bytes';

/**
 * How the log-probability of a given text is had, exactly and from the raw softmax:
 * `prompt-logprobs`: the text is sent as prompt tokens and each one's is told (vLLM). `echo`: likewise, by OpenAI's old way
 * for prompts of text. `forced-token`: one token is forced by a bias and its probability told, which the bias does not touch
 * (llama-server).
 */
export type Scoring = 'prompt-logprobs' | 'echo' | 'forced-token';

/** Sampling settings beyond OpenAI's. */
export type IgnoredSetting = 'topK' | 'repetitionPenalty';

export interface ServerAbilities {
  /** e.g. `vLLM 0.33.0`, `llama.cpp b1234`; empty when the server does not say. */
  readonly software: string;
  /** As it names the build or set-up that answered; empty when it does not. */
  readonly fingerprint: string;
  /** The model's name at the server. */
  readonly model: string;
  /** As the server says it; empty when it does not. */
  readonly quantization: string;
  /** Every model it lists. */
  readonly models: readonly string[];
  /** Tokens, prompt and reply together. */
  readonly contextLength: number;
  /** false: nobody said, and this is assumed. */
  readonly contextKnown: boolean;
  readonly vocabSize: number;
  readonly counting: Counting;
  /** Beginning-of-sequence tokens the server puts before a prompt of text; null: could not be seen. */
  readonly bosTokens: number | null;
  /** How to score, checked against log-probabilities of the same tokens when it generated them; null: no way found. */
  readonly scoring: Scoring | null;
  /** Why there is no way, in words; empty when there is. */
  readonly scoringProblem: string;
  /** `openai`: it refuses settings beyond OpenAI's own (top_k, repetition penalty). */
  readonly parameters: 'full' | 'openai';
  /** Settings it was seen to take no notice of, or refuses. */
  readonly ignores: readonly IgnoredSetting[];
  /** Where it tells how many requests wait. */
  readonly load: 'vllm-metrics' | 'llama-metrics' | 'slots' | null;
  /** Text the model reads as control, which a prompt may not hold. */
  readonly controlTexts: readonly string[];
}

/** What is wrong with the start of its prompts, in a sentence; empty when nothing is, or it could not be seen. */
export function startSentence(bosTokens: number | null): string {
  if (bosTokens === null || bosTokens === 1) return '';
  return bosTokens === 0
    ? 'It puts no start token before a prompt: a Llama model, which Meditron is, may write worse.'
    : `It puts ${String(bosTokens)} start tokens before a prompt instead of one: replies may be worse.`;
}
