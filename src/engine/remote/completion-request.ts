/** The body of `/v1/completions`: one prompt, all of the sampling. */
import type { Sampling } from '../../lib/sampling.ts';
import type { GenerateRequest } from '../port.ts';
import type { ServerAbilities } from './connect/abilities.ts';

/** llama.cpp's default reach of the repetition penalty, which published settings assume; vLLM's spans prompt and reply. */
const PENALTY_TOKENS = 64;
/** llama-server's are unsigned 32-bit and read the largest as "draw one". */
const SEEDS = 2 ** 31;
/** OpenAI's own API takes no more. The rest is found on this side. */
const OPENAI_STOPS = 4;

/**
 * Everything is said, since servers' defaults differ: vLLM takes them from the model's own files, llama-server has a
 * temperature of 0.8, a top_k of 40 and a min_p of 0.05. Members a server does not know are ignored by all that take them.
 */
export function completionBody(
  { model, parameters }: Pick<ServerAbilities, 'model' | 'parameters'>,
  { prompt, sampling, stops }: GenerateRequest,
  seed: number,
): Record<string, unknown> {
  const wanted = stops.filter((stop) => stop !== '');
  const common = {
    model,
    prompt,
    max_tokens: sampling.maxTokens,
    temperature: sampling.temperature,
    top_p: sampling.topP,
    seed,
  };
  if (parameters === 'openai') {
    return {
      ...common,
      ...(wanted.length > 0 && { stop: wanted.slice(0, OPENAI_STOPS) }),
      stream: true,
      stream_options: { include_usage: true },
    };
  }
  return {
    ...common,
    ...fullSampling(sampling),
    ...(wanted.length > 0 && { stop: wanted }),
    // Stated, because it decides whether the model sees its beginning-of-sequence token.
    add_special_tokens: true,
    cache_prompt: true,
    timings_per_token: true,
    stream: true,
    stream_options: { include_usage: true, continuous_usage_stats: true },
  };
}

/** In a sentence; empty when all are taken. */
export function ignoredSentence(ignores: ServerAbilities['ignores']): string {
  if (ignores.length === 0) return '';
  return ignores.length > 1
    ? 'It takes neither top_k nor a repetition penalty.'
    : `It takes no ${ignores[0] === 'topK' ? 'top_k' : 'repetition penalty'}.`;
}

/** Settings beyond OpenAI's, under the names of vLLM, SGLang and TGI, and of llama.cpp. */
export function fullSampling({
  topK,
  repetitionPenalty,
}: Pick<Sampling, 'topK' | 'repetitionPenalty'>): object {
  return {
    top_k: topK === 0 ? -1 : topK,
    min_p: 0,
    repetition_penalty: repetitionPenalty,
    repeat_penalty: repetitionPenalty,
    repeat_last_n: PENALTY_TOKENS,
  };
}

/** Settings that were asked for and change nothing there. */
export function ignoredSettings(
  ignores: ServerAbilities['ignores'],
  { topK, repetitionPenalty }: Sampling,
): readonly (keyof Sampling)[] {
  return ignores.filter((each) => (each === 'topK' ? topK !== 0 : repetitionPenalty !== 1));
}

/** A seed is drawn here, so that the reply's record can name it whatever the server tells. */
export function seedFor(wanted: number | null): number {
  if (wanted !== null) return ((wanted % SEEDS) + SEEDS) % SEEDS;
  const [drawn = 0] = crypto.getRandomValues(new Uint32Array(1));
  return drawn % SEEDS;
}
