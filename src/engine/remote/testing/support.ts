/** What the remote engine's tests share: an engine of node, and a model on a test server. */
import { hosted } from '../../contract/hosted.ts';
import type { GenerationDone, GenerateRequest, GenerationEvent } from '../../port.ts';
import type { TabEngine } from '../../tab/tab-engine.ts';
import { diagnose } from '../connect/diagnose.ts';
import type { RemoteModel } from '../model.ts';
import { patienceOf, sleep, type Patience, type Surroundings } from '../patience.ts';
import { RemoteEngine } from '../remote-engine.ts';

export function nodeSurroundings(over: Partial<Surroundings> = {}): Surroundings {
  const {
    fetch = (input, init) => globalThis.fetch(input, init),
    timeout = (ms) => AbortSignal.timeout(ms),
  } = over;
  return {
    fetch,
    diagnose: (url, thrown) =>
      diagnose(url, thrown, {
        pageUrl: 'http://app.example/',
        forbiddenBy: () => null,
        localNetwork: () => Promise.resolve(null),
        fetch,
        onLine: () => true,
        timeout,
      }),
    now: () => performance.now(),
    sleep,
    timeout,
    random: () => 0,
    ...over,
  };
}

/** As a page of another origin is let: of an answer without permission it hears that there was none. */
export const pageFetch: Surroundings['fetch'] = async (input, init) => {
  const headers = new Headers(init?.headers);
  headers.set('origin', 'http://app.example');
  const response = await globalThis.fetch(input, { ...init, headers });
  if (init?.mode === 'no-cors' || response.headers.has('access-control-allow-origin')) return response;
  await response.body?.cancel();
  throw new TypeError('Failed to fetch');
};

/** Looks after a silent server often, so that a test need not wait. */
export function impatience(over: Partial<Patience> = {}): Patience {
  return { ...patienceOf(() => 0), checkEveryMs: 60, signOfLifeMs: 2000, longestSilenceMs: 600, ...over };
}

export function remoteModel(address: string, over: Partial<RemoteModel> = {}): RemoteModel {
  return {
    engine: 'remote',
    modelId: 'server:test',
    displayName: 'Toy',
    quantization: 'as served',
    server: { id: 'test', name: 'Test server', root: `${address}/`, model: null },
    promptAs: '',
    knownContext: null,
    key: () => null,
    agreed: () => true,
    ...over,
  };
}

export function remoteEngine(
  patience: () => Patience = () => patienceOf(() => 0),
  over: Partial<Surroundings> = {},
): TabEngine {
  return hosted('remote', new RemoteEngine({ surroundings: nodeSurroundings(over), patience }));
}

export function asked(prompt: string, over: Partial<GenerateRequest> = {}): GenerateRequest {
  return {
    prompt,
    sampling: { temperature: 0, topP: 1, topK: 0, repetitionPenalty: 1, seed: 7, maxTokens: 32 },
    stops: [],
    ...over,
  };
}

export interface Collected {
  readonly text: string;
  readonly done: GenerationDone | null;
  readonly error: unknown;
}

/** Reads to the end; an error is returned, with what came before it. */
export async function collect(events: AsyncIterable<GenerationEvent>): Promise<Collected> {
  let text = '';
  let done: GenerationDone | null = null;
  try {
    for await (const event of events) {
      if (event.type === 'done') done = event;
      else text += event.text;
    }
    return { text, done, error: null };
  } catch (error) {
    return { text, done, error };
  }
}
