/** What real servers answered, each request with its answer, read again: the Demo model on vLLM and on llama.cpp's `llama-server`. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from '../../lib/zod.ts';
import type { Surroundings } from './patience.ts';
import { asked, collect, remoteEngine, remoteModel } from './testing/support.ts';

const KEY = 'sk-trial';
const PROMPT = '### User: What is this app?\n### Assistant:';
const REPLY =
  ' Meditron Web is a page that runs the language model Meditron-7B on your own computer, inside the browser. It is an instrument for';

const recording = z.array(
  z.object({
    method: z.string(),
    path: z.string(),
    body: z.unknown(),
    key: z.string().nullable(),
    status: z.number(),
    headers: z.record(z.string(), z.string()),
    answer: z.string(),
  }),
);

/** A page that calls the server as it was: an answer without permission is none. */
function replayed(name: string): Surroundings['fetch'] {
  const file = resolve(import.meta.dirname, `testing/recorded/${name}.json`);
  const all = recording.parse(JSON.parse(readFileSync(file, 'utf8')));
  return async (input, init) => {
    const request = new Request(input, init);
    const body = request.method === 'POST' ? await request.text() : 'null';
    const found = all.find(
      (each) =>
        each.method === request.method &&
        each.path === new URL(request.url).pathname &&
        each.key === (request.headers.get('authorization')?.replace('Bearer ', '') ?? null) &&
        JSON.stringify(each.body) === body,
    );
    if (!found) throw new Error(`never asked of the real server: ${request.method} ${request.url} ${body}`);
    if (request.mode !== 'no-cors' && !('access-control-allow-origin' in found.headers))
      throw new TypeError('Failed to fetch');
    return new Response(found.answer, { status: found.status, headers: found.headers });
  };
}

describe.each([
  { name: 'vllm', version: 'vLLM 0.22.0+cpu', fingerprint: 'vllm-0.22.0+cpu-090988c9' },
  { name: 'llama-server', version: 'llama.cpp b1-80fb11a', fingerprint: 'b1-80fb11a' },
])('$version, as it answered', ({ name, version, fingerprint }) => {
  const engine = remoteEngine(undefined, { fetch: replayed(name) });
  const model = (key: string): ReturnType<typeof remoteModel> =>
    remoteModel('http://server.test', { key: () => key });

  it('refuses a key, by name', async () => {
    await expect(engine.load(model('sk-mistyped'))).rejects.toMatchObject({ code: 'server/key' });
  });

  it('is found out whole: version, window, one start token, every setting, scores', async () => {
    const loaded = await engine.load(model(KEY));
    expect(loaded).toMatchObject({
      engineVersion: version,
      contextLength: 2048,
      abilities: { scoring: true },
      server: { fingerprint, scoringProblem: '' },
    });
    expect(loaded.backendReason).toMatch(
      /^On the server Test server \(server\.test\), as “[^”]+”: what you ask goes there\.$/,
    );
  });

  it('writes and scores what the browser does', async () => {
    const { text, done } = await collect(engine.generate(asked(PROMPT, { stops: ['###'] })));
    expect(text).toBe(REPLY);
    expect(done).toMatchObject({
      finishReason: 'length',
      usage: { promptTokens: 14, completionTokens: 32 },
      fingerprint,
      ignored: [],
    });
    const stopped = await collect(engine.generate(asked(PROMPT, { stops: ['computer'] })));
    expect(stopped.text).toBe(REPLY.slice(0, REPLY.indexOf('computer')));
    expect(stopped.done?.finishReason).toBe('stop');
    const scores = await engine.score(PROMPT, [' A', ' Yes', ' Meditron Web']);
    for (const [index, expected] of [-13.675, -10.857, -0.0135].entries())
      expect(scores[index]?.logProbability).toBeCloseTo(expected, 1);
    expect(scores.map(({ tokens }) => tokens)).toEqual([1, 1, 2]);
    expect(await engine.countTokens(PROMPT)).toBe(13);
  });

  it('says that a prompt is too long', async () => {
    const { error } = await collect(engine.generate(asked('word '.repeat(2100))));
    expect(error).toMatchObject({ code: 'engine/prompt-too-long' });
  });
});
