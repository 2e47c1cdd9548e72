/** How many requests are before one's own, where a server tells it at all. */
import { z } from '../../lib/zod.ts';
import type { ServerAbilities } from './connect/abilities.ts';
import { request, requestJson, type ServerEndpoint } from './http.ts';
import type { Surroundings } from './patience.ts';

/** A page of figures has some kilobytes. */
const MAX_METRICS_CHARACTERS = 1024 * 1024;
const ASK_MS = 3000;

const slots = z.array(z.object({ is_processing: z.boolean() })).max(4096);

/** Names of the gauge of waiting requests, by server. https://prometheus.io/docs/instrumenting/exposition_formats/ */
const GAUGES = {
  'vllm-metrics': /^vllm:num_requests_waiting(?:\{[^}]*\})?\s+(\d+(?:\.\d+)?)/m,
  'llama-metrics': /^llamacpp:requests_deferred(?:\{[^}]*\})?\s+(\d+(?:\.\d+)?)/m,
} as const;

/**
 * @returns requests that wait at the server (of slots, those at work when all are), one's own among them if it has been taken;
 *   null: it does not say. A figure to
 *   tell a person, so a failure is none: there is just no figure.
 */
export async function waitAhead({
  server,
  abilities: { load },
  surroundings,
  signal,
}: {
  readonly server: ServerEndpoint;
  readonly abilities: Pick<ServerAbilities, 'load'>;
  readonly surroundings: Surroundings;
  readonly signal: AbortSignal;
}): Promise<number | null> {
  if (load === null) return null;
  const within = AbortSignal.any([signal, surroundings.timeout(ASK_MS)]);
  try {
    if (load === 'slots') {
      const all = await requestJson(server, surroundings, 'slots', slots, { signal: within });
      return all.every((slot) => slot.is_processing) ? all.length : 0;
    }
    const response = await request(server, surroundings, 'metrics', { signal: within });
    return readGauge(load, (await response.text()).slice(0, MAX_METRICS_CHARACTERS));
  } catch {
    return null;
  }
}

export function readGauge(load: 'vllm-metrics' | 'llama-metrics', text: string): number | null {
  const value = GAUGES[load].exec(text)?.[1];
  return value === undefined ? null : Math.round(Number(value));
}

/** Which of the ways this server has. */
export async function findLoad(
  server: ServerEndpoint,
  surroundings: Surroundings,
  signal: AbortSignal,
): Promise<ServerAbilities['load']> {
  try {
    const response = await request(server, surroundings, 'metrics', { signal });
    const text = (await response.text()).slice(0, MAX_METRICS_CHARACTERS);
    if (readGauge('vllm-metrics', text) !== null) return 'vllm-metrics';
    if (readGauge('llama-metrics', text) !== null) return 'llama-metrics';
  } catch {
    signal.throwIfAborted(); // else: it has none
  }
  try {
    await requestJson(server, surroundings, 'slots', slots, { signal });
    return 'slots';
  } catch {
    signal.throwIfAborted();
    return null;
  }
}
