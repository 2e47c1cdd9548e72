/**
 * Chooses the next token from the logits, on the CPU, in llama.cpp's order (repetition penalty, top-k, top-p, temperature)
 * so that both engines answer alike. web-llm's own sampler runs three shaders a token even when greedy, knows no top-k and
 * penalises the reply's tokens only; reading 32,000 logits back costs the same single wait for the GPU.
 */
import type { Sampling } from '../../../../lib/sampling.ts';

/** Tokens before the new one, prompt included, that the repetition penalty looks at: llama.cpp's `repeat_last_n`. */
export const PENALTY_WINDOW = 64;

/** Uniform numbers in [0, 1) from a 32-bit seed (mulberry32, public domain): the same seed gives the same reply. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

export interface Candidate {
  readonly id: number;
  readonly probability: number;
}

/**
 * @param logits one per vocabulary entry, changed in place by the penalty.
 * @param recent the latest tokens, prompt included.
 * @returns the id of the token to go on with.
 */
export function sampleToken(
  logits: Float32Array,
  recent: readonly number[],
  sampling: Pick<Sampling, 'temperature' | 'topP' | 'topK' | 'repetitionPenalty'>,
  random: () => number,
): number {
  penalise(logits, recent.slice(-PENALTY_WINDOW), sampling.repetitionPenalty);
  if (sampling.temperature <= 0) return argmax(logits);
  const candidates = shortlist(logits, sampling.topK, sampling.topP, sampling.temperature);
  let left = random();
  for (const { id, probability } of candidates) {
    left -= probability;
    if (left < 0) return id;
  }
  // Rounding can leave a crumb; it belongs to the last candidate.
  return candidates.at(-1)?.id ?? argmax(logits);
}

/** Divides positive logits of recent tokens by the penalty, multiplies negative ones (Keskar et al. 2019, as llama.cpp). */
export function penalise(logits: Float32Array, recent: readonly number[], penalty: number): void {
  if (penalty === 1 || penalty <= 0) return;
  for (const id of new Set(recent)) {
    const logit = logits[id];
    if (logit !== undefined) logits[id] = logit > 0 ? logit / penalty : logit * penalty;
  }
}

/** The first of the largest logits. NaN never wins. */
export function argmax(logits: Float32Array): number {
  let best = 0;
  let bestLogit = Number.NEGATIVE_INFINITY;
  for (let id = 0; id < logits.length; id += 1) {
    const logit = logits[id] ?? Number.NEGATIVE_INFINITY;
    if (logit > bestLogit) {
      bestLogit = logit;
      best = id;
    }
  }
  return best;
}

/**
 * The candidates left by top-k and top-p, most probable first, with their probabilities after temperature.
 * top-p is measured before the temperature, as llama.cpp does.
 */
export function shortlist(
  logits: Float32Array,
  topK: number,
  topP: number,
  temperature: number,
): readonly Candidate[] {
  const limit = topK > 0 ? Math.min(topK, logits.length) : logits.length;
  const order = mostProbable(logits, limit, topP, NEGLIGIBLE * Math.max(1, temperature));
  const top = logits[order[0] ?? 0] ?? 0;
  let sum = 0;
  const weights = order.map((id) => {
    const weight = Math.exp(((logits[id] ?? Number.NEGATIVE_INFINITY) - top) / temperature);
    sum += weight;
    return weight;
  });
  return order.map((id, at) => ({ id, probability: (weights[at] ?? 0) / sum }));
}

/** Ids by falling logit: at most `limit`, and no more than are needed to hold the share `topP` of those `limit`. */
function mostProbable(logits: Float32Array, limit: number, topP: number, depth: number): number[] {
  const ids = rankedIds(logits, limit, depth);
  if (topP >= 1) return ids;
  const top = logits[ids[0] ?? 0] ?? 0;
  let total = 0;
  const weights = ids.map((id) => {
    const weight = Math.exp((logits[id] ?? Number.NEGATIVE_INFINITY) - top);
    total += weight;
    return weight;
  });
  let held = 0;
  let count = 0;
  for (const weight of weights) {
    held += weight;
    count += 1;
    if (held >= topP * total) break;
  }
  return ids.slice(0, Math.max(1, count));
}

/** Logits this far below the best one have a probability under 1e-12 all together: sorting them would be for nothing. */
const NEGLIGIBLE = 40;

function rankedIds(logits: Float32Array, limit: number, depth: number): number[] {
  const floor = (logits[argmax(logits)] ?? 0) - depth;
  const ids: number[] = [];
  for (let id = 0; id < logits.length; id += 1) {
    if ((logits[id] ?? Number.NEGATIVE_INFINITY) >= floor) ids.push(id);
  }
  // Equal logits keep the order of their ids.
  ids.sort((a, b) => (logits[b] ?? 0) - (logits[a] ?? 0));
  return ids.slice(0, limit);
}

/** The `count` largest logits' ids, largest first; equal ones in the order of their ids. */
export function topIds(logits: Float32Array, count: number): readonly number[] {
  const ids: number[] = [];
  if (count < 1) return ids;
  for (let id = 0; id < logits.length; id += 1) {
    const logit = logits[id] ?? Number.NaN;
    const last = ids.length < count ? Number.NEGATIVE_INFINITY : (logits[ids[count - 1] ?? 0] ?? 0);
    if (!(logit > last)) continue;
    let at = ids.length;
    while (at > 0 && logit > (logits[ids[at - 1] ?? 0] ?? 0)) at -= 1;
    ids.splice(at, 0, id);
    if (ids.length > count) ids.pop();
  }
  return ids;
}

/** ln P(id) under the softmax of the logits, summed in double precision. */
export function logProbability(logits: Float32Array, id: number): number {
  return (logits[id] ?? Number.NEGATIVE_INFINITY) - logSumExp(logits);
}

export function logSumExp(logits: Float32Array): number {
  const top = logits[argmax(logits)] ?? 0;
  let sum = 0;
  for (const logit of logits) if (!Number.isNaN(logit)) sum += Math.exp(logit - top);
  return top + Math.log(sum);
}
