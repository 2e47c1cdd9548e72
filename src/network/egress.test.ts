import { describe, expect, it, vi } from 'vitest';
import { createGate, isOfflineOnly, recordsOf, type EgressMessage, type Gate } from './egress.ts';

const HOME = 'https://home.example';
const HUB = 'https://hub.example/model.gguf';

interface Stand {
  readonly gate: Gate;
  readonly told: EgressMessage[];
  readonly asked: string[];
  offlineOnly: boolean;
}

function stand(
  answer: (init?: RequestInit) => Promise<Response> = () => Promise.resolve(new Response()),
): Stand {
  const told: EgressMessage[] = [];
  const asked: string[] = [];
  const here: Stand = {
    told,
    asked,
    offlineOnly: false,
    gate: createGate({
      origin: HOME,
      base: `${HOME}/app/`,
      fetch: (input, init) => {
        asked.push(input instanceof Request ? input.url : String(input));
        return answer(init);
      },
      offlineOnly: () => Promise.resolve(here.offlineOnly),
      tell: (message) => told.push(message),
      now: () => 7,
    }),
  };
  return here;
}

describe('the gate', () => {
  it('lets the app talk to its own host, and to itself, without a word', async () => {
    const { gate, told, asked } = stand();
    for (const url of ['config.json', `${HOME}/x`, 'blob:https://home.example/1', 'data:,x'])
      await gate.fetch(url);
    expect(asked).toHaveLength(4);
    expect(told).toEqual([]);
  });

  it('tells every request to another host with its reason and the announced bytes', async () => {
    const { gate, told } = stand(() =>
      Promise.resolve(new Response('', { headers: { 'content-length': '12' } })),
    );
    await gate.fetch(HUB, { reason: 'weights' });
    expect(told).toEqual([
      { type: 'request', origin: 'https://hub.example', reason: 'weights', at: 7 },
      { type: 'answer', origin: 'https://hub.example', reason: 'weights', bytes: 12 },
    ]);
  });

  it('tells words on their way to a model also where its server is at the app’s own address', async () => {
    const here = stand();
    await here.gate.fetch('/v1/completions', { reason: 'server' });
    expect(here.told).toEqual([{ type: 'request', origin: HOME, reason: 'server', at: 7 }]);
    here.offlineOnly = true;
    await expect(here.gate.fetch('/v1/completions', { reason: 'server' })).rejects.toMatchObject({
      code: 'network/offline-only',
    });
    // The browser's own note of it would count it twice.
    expect(
      recordsOf([{ name: `${HOME}/v1/completions`, initiatorType: 'fetch', encodedBodySize: 5 }], HOME, 1),
    ).toEqual([]);
  });

  it('tells the host a redirect led to', async () => {
    const { gate, told } = stand(() => {
      const response = new Response('');
      Object.defineProperty(response, 'url', { value: 'https://cdn.example/file' });
      return Promise.resolve(response);
    });
    await gate.fetch(HUB, { reason: 'weights' });
    expect(told.map((each) => 'origin' in each && each.origin)).toEqual([
      'https://hub.example',
      'https://cdn.example',
    ]);
  });

  it('refuses a request without a reason, whoever makes it', async () => {
    const { gate, told, asked } = stand();
    for (const input of [HUB, new URL(HUB), new Request(HUB)])
      await expect(gate.fetch(input)).rejects.toMatchObject({ code: 'network/unexplained' });
    expect(asked).toEqual([]);
    expect(told.map(({ type }) => type)).toEqual(['refused', 'refused', 'refused']);
  });

  it('refuses everything but the own host while Offline only is on', async () => {
    const here = stand();
    here.offlineOnly = true;
    await expect(here.gate.fetch(HUB, { reason: 'weights' })).rejects.toMatchObject({
      code: 'network/offline-only',
      details: { host: 'hub.example' },
    });
    await here.gate.fetch('config.json');
    expect(here.asked).toEqual(['config.json']);
  });

  it('ends what is under way when it is closed, by its name; a person’s own stop stays a stop', async () => {
    const hang = (init?: RequestInit): Promise<Response> =>
      new Promise((_, reject) => {
        init?.signal?.addEventListener('abort', () => {
          reject(new DOMException('stopped', 'AbortError'));
        });
      });
    const here = stand(hang);
    const ended = here.gate.fetch(HUB, { reason: 'weights' });
    await expect.poll(() => here.asked.length).toBe(1);
    here.gate.close();
    await expect(ended).rejects.toMatchObject({ code: 'network/offline-only' });

    const own = new AbortController();
    const stopped = here.gate.fetch(HUB, { reason: 'weights', signal: own.signal });
    await expect.poll(() => here.asked.length).toBe(2);
    own.abort();
    await expect(stopped).rejects.toMatchObject({ name: 'AbortError' });
  });

  it('lets nothing out where nobody can tell whether it may', async () => {
    const broken = { has: () => Promise.reject(new DOMException('no', 'SecurityError')) };
    await expect(isOfflineOnly(broken)).rejects.toMatchObject({ code: 'storage/unavailable' });
    vi.stubGlobal('isSecureContext', false);
    await expect(isOfflineOnly()).rejects.toMatchObject({ code: 'storage/insecure-page' });
    vi.unstubAllGlobals();
  });
});

describe('what the browser fetched by itself', () => {
  const timed = (name: string, initiatorType = 'script') => ({ name, initiatorType, encodedBodySize: 5 });

  it('is told by what it was for', () => {
    const reasons = recordsOf(
      [
        timed(`${HOME}/assets/a.js`),
        timed(`${HOME}/config.json`, 'fetch'),
        timed(`${HOME}/models/demo/demo-q4_0.gguf`, 'fetch'),
        timed('https://elsewhere.example/pixel.gif', 'img'),
      ],
      HOME,
      1,
    ).flatMap((each) => (each.type === 'request' ? [each.reason] : []));
    expect(reasons).toEqual(['app', 'site-list', 'site-model', 'unexplained']);
  });

  it('counts nothing twice that passed the gate, and nothing that is no request', () => {
    expect(
      recordsOf(
        [timed(HUB, 'fetch'), timed('blob:https://home.example/1'), timed('chrome-extension://x/y.js')],
        HOME,
        1,
      ),
    ).toEqual([]);
  });
});
