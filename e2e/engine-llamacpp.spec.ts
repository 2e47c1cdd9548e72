/**
 * The llama.cpp engine in a real Chromium, through its port, with the real demo model. On the CPU; tests tagged @gpu run on
 * the software adapter with shader-f16.
 */
import { readFileSync, statSync } from 'node:fs';
import { expect, test, type Page } from '@playwright/test';
import { securityHeaders } from '../src/app/security-headers.ts';
import type { GenerateArgs, Outcome, Reply } from './harness/engine.ts';
import type { LlamaCppModel, LoadedModel, ModelFile } from '../src/engine/port.ts';
import { buildEngineHarness, serveEngineHarness } from './support/engine-harness.ts';
import type { Fault, StaticServer } from './support/static-server.ts';

type UrlFile = Extract<ModelFile, { from: 'url' }>;

const F16 = 'models/demo/demo-f16.gguf';
const Q4 = 'models/demo/demo-q4_0.gguf';
const bytesOf = (file: string): number => statSync(`public/${file}`).size;
const fileAt = (url: string, bytes = bytesOf(F16), sha256?: string): UrlFile => ({
  from: 'url',
  url,
  bytes,
  ...(sha256 === undefined ? {} : { sha256 }),
});
const question = (text: string): string => `### User: ${text}\n### Assistant:`;
const QUESTION = question('What is this app?');
/** About 1,500 tokens: a prefill long enough to be stopped in. */
const LONG = question('Where are my conversations kept, and who can read them? '.repeat(120));

/** Models from URLs only: files from this machine are made in the page. */
type ModelArgs = Partial<LlamaCppModel> & { readonly files: readonly UrlFile[] };

let folder = '';
let server: StaticServer;
/** What the server does instead of serving, set by the test that needs it. */
const faults: { current: Fault | null } = { current: null };

// One build, one server and one order for the file: its tests differ in what they do, not in what they need.
test.describe.configure({ mode: 'default' });

test.beforeAll(async () => {
  folder = await buildEngineHarness(test.info().project.name);
  server = await serveEngineHarness(folder, {
    fault: (request, response, path) => faults.current?.(request, response, path) ?? false,
  });
});
test.afterAll(() => server.close());
test.afterEach(() => {
  faults.current = null;
});

async function open(page: Page, url = server.url): Promise<void> {
  await page.goto(`${url}engine.html`);
  await page.waitForFunction(() => 'harness' in window);
}

function ok<T>(outcome: Outcome<T>): T {
  if ('error' in outcome) throw new Error(`${outcome.error.code}: ${outcome.error.message}`);
  return outcome.ok;
}

function code<T>(outcome: Outcome<T>): string {
  return 'error' in outcome ? outcome.error.code : 'no error';
}

const load = (page: Page, model: ModelArgs): Promise<Outcome<LoadedModel>> =>
  page.evaluate((args: ModelArgs) => window.harness.load(args), model);
const generate = (page: Page, args: GenerateArgs): Promise<Outcome<Reply>> =>
  page.evaluate((given) => window.harness.generate(given), args);
const status = (page: Page): Promise<string> => page.evaluate(() => window.harness.status());
const count = async (page: Page, text: string): Promise<number> =>
  ok(await page.evaluate((given) => window.harness.count(given), text));

async function openWith(page: Page, file: string, model: Partial<LlamaCppModel> = {}): Promise<LoadedModel> {
  await open(page);
  return ok(await load(page, { ...model, files: [fileAt(file, bytesOf(file))] }));
}

/** Records a duration in the report; what is asserted stays a state. */
function note(type: string, milliseconds: number | null): void {
  test.info().annotations.push({ type, description: `${Math.round(milliseconds ?? -1)} ms` });
}

test.describe('loading', () => {
  test('goes from idle over loading to ready, tells bytes and says what runs where', async ({ page }) => {
    const loaded = await openWith(page, Q4, { backend: 'auto' });
    expect(loaded).toMatchObject({ engine: 'llamacpp', backend: 'cpu', contextLength: 2048 });
    expect(loaded.vocabSize).toBeGreaterThan(256);
    expect(loaded.backendReason).toMatch(/^On the CPU: .+\.$/);
    expect(loaded.threads).toBeGreaterThanOrEqual(1);
    expect(loaded.engineVersion).toMatch(/^wllama 3\.\d+\.\d+, llama\.cpp /);
    expect(loaded.sourceSha256).toMatch(/^[0-9a-f]{64}$/);
    expect(await page.evaluate(() => window.harness.statuses())).toEqual(['loading', 'ready']);
    const progress = await page.evaluate(() => window.harness.progress());
    expect(progress).toContainEqual({ phase: 'fetch', loadedBytes: bytesOf(Q4), totalBytes: bytesOf(Q4) });
    expect(progress).toContainEqual({ phase: 'upload', loadedBytes: bytesOf(Q4), totalBytes: bytesOf(Q4) });
  });

  test('cancels at any moment, and loads afterwards', async ({ page }) => {
    await open(page);
    for (const after of [0, 20, 100, 300]) {
      const outcome = await page.evaluate(([model, ms]) => window.harness.load(model, ms), [
        { files: [fileAt(F16)] },
        after,
      ] as const);
      if ('error' in outcome) {
        expect(outcome.error.code).toBe('aborted');
        expect(await status(page)).toBe('idle');
      }
    }
    ok(await load(page, { files: [fileAt(F16)] }));
    expect(await status(page)).toBe('ready');
  });

  test('refuses what is no whole model, by name, and loads the right one afterwards', async ({ page }) => {
    await open(page);
    const cases: readonly (readonly [string, ModelArgs, Fault | null])[] = [
      ['bytes/not-found', { files: [fileAt('models/none.gguf', 10)] }, null],
      ['bytes/short-read', { files: [fileAt(F16, bytesOf(F16) + 10)] }, null],
      ['bytes/changed', { files: [fileAt(F16, bytesOf(F16) - 10)] }, null],
      ['bytes/changed', { files: [fileAt(F16, bytesOf(F16), '0'.repeat(64))] }, null],
      [
        'bytes/html-instead',
        { files: [fileAt('models/demo/page.gguf', 30)] },
        answer(200, '<!DOCTYPE html><title>x</title>'),
      ],
      ['bytes/forbidden', { files: [fileAt('models/demo/page.gguf', 30)] }, answer(403, 'no')],
      ['bytes/http-status', { files: [fileAt('models/demo/page.gguf', 30)] }, answer(503, 'no')],
      [
        'bytes/offline',
        { files: [fileAt('models/demo/page.gguf', 30)] },
        (request) => (request.destroy(), true),
      ],
      [
        'engine/bad-model-file',
        { files: [fileAt('models/demo/page.gguf', 30)] },
        answer(200, 'x'.repeat(30)),
      ],
    ];
    for (const [expected, model, fault] of cases) {
      faults.current =
        fault && ((request, response, path) => path.endsWith('/page.gguf') && fault(request, response, path));
      expect(code(await load(page, model)), expected).toBe(expected);
      expect(await status(page)).toBe('failed');
    }
    for (const cut of [
      { length: 1000 },
      { length: bytesOf(F16) - 4096 },
      { flip: 0 },
      { flip: 4 },
      { flip: 16 },
    ]) {
      const outcome = await page.evaluate(([url, args]) => window.harness.loadBytes(url, args), [
        F16,
        cut,
      ] as const);
      expect(code(outcome), JSON.stringify(cut)).toBe('engine/bad-model-file');
    }
    ok(await page.evaluate((url) => window.harness.loadBytes(url, {}), F16));
    expect(ok(await generate(page, { prompt: QUESTION })).text).not.toBe('');
  });

  test('refuses a file that llama.cpp itself cannot read though its header is whole', async ({ page }) => {
    await open(page);
    // The architecture's name, in the first kilobyte: "llama" becomes "XXXXa".
    const at = readFileSync(`public/${F16}`).indexOf('llama');
    const outcome = await page.evaluate(([url, flip]) => window.harness.loadBytes(url, { flip }), [
      F16,
      at,
    ] as const);
    expect(code(outcome)).toBe('engine/bad-model-file');
  });

  test('says so when a policy blocks its workers', async ({ page }) => {
    for (const workers of ["worker-src 'self'", "worker-src 'none'"]) {
      const policy = securityHeaders()['Content-Security-Policy'] ?? '';
      const strict = await serveEngineHarness(folder, {
        headers: {
          ...securityHeaders(),
          'Content-Security-Policy': policy.replace(/worker-src [^;]*/, workers),
        },
      });
      await open(page, strict.url);
      expect(code(await load(page, { files: [fileAt(F16)] })), workers).toBe('engine/worker-blocked');
      await strict.close();
    }
  });

  test('runs without isolation, on one thread', async ({ page }) => {
    const { 'Content-Security-Policy': policy = '' } = securityHeaders();
    const plain = await serveEngineHarness(folder, { headers: { 'Content-Security-Policy': policy } });
    await open(page, plain.url);
    expect(ok(await load(page, { files: [fileAt(F16)] })).threads).toBe(1);
    expect(ok(await generate(page, { prompt: QUESTION })).text).not.toBe('');
    await plain.close();
  });
});

function answer(status: number, body: string): Fault {
  return (_request, response) => {
    response.writeHead(status, { 'content-type': 'application/octet-stream' }).end(body);
    return true;
  };
}

test.describe('replying', () => {
  test('streams a greedy reply, the same every time, and reuses the prompt of the turn before', async ({
    page,
  }) => {
    await openWith(page, F16);
    const first = ok(await generate(page, { prompt: QUESTION, stops: ['###'] }));
    expect(first.text.length).toBeGreaterThan(20);
    expect(first.done.usage.reusedTokens).toBe(0);
    expect(first.done.usage.completionTokens).toBeGreaterThan(1);
    expect(first.done.timings.decodeTokensPerSecond).toBeGreaterThan(0);
    expect(first.done.timings.timeToFirstTokenMs).toBeGreaterThan(0);
    note('decode, tokens/s', first.done.timings.decodeTokensPerSecond);
    const again = ok(await generate(page, { prompt: QUESTION, stops: ['###'] }));
    expect(again.text).toBe(first.text);
    const next = ok(await generate(page, { prompt: `${QUESTION}${first.text}\n${question('Is it free?')}` }));
    expect(next.done.usage.reusedTokens).toBeGreaterThanOrEqual(first.done.usage.promptTokens);
    expect(await page.evaluate(() => window.harness.statuses())).toEqual([
      'loading',
      'ready',
      ...Array.from({ length: 3 }, () => ['generating', 'ready']).flat(),
    ]);
  });

  test('counts exactly what llama.cpp counts, and puts BOS in front once', async ({ page }) => {
    await openWith(page, Q4);
    const texts = [
      QUESTION,
      'a',
      ' leading and trailing ',
      'Fièvre à 39 °C, ≥ 3 jours; 体温 39 🌡️\u200d',
      '</s><s><unk> </s',
      '  two  spaces\n\n\ttabs',
      '<0x0A> <|im_start|>user',
      `half \ud83d a pair, nul \0, ${'x'.repeat(500)}`,
      LONG,
    ];
    for (const text of texts) {
      const { usage } = ok(await generate(page, { prompt: text, sampling: { maxTokens: 1 } })).done;
      expect(usage.promptTokens, JSON.stringify(text.slice(0, 40))).toBe((await count(page, text)) + 1);
    }
    expect(await count(page, '')).toBe(0);
  });

  test('shows no part of a stop string, wherever it falls', async ({ page }) => {
    await openWith(page, F16);
    const { text } = ok(await generate(page, { prompt: QUESTION }));
    const words = text.trim().split(' ');
    for (const stop of [words.slice(3, 6).join(' '), `${words[4] ?? ''} ${(words[5] ?? '').slice(0, 1)}`]) {
      const reply = ok(await generate(page, { prompt: QUESTION, stops: ['never seen', stop] }));
      expect(reply.done.finishReason).toBe('stop');
      expect(reply.text).toBe(text.slice(0, text.indexOf(stop)));
    }
  });

  test('honours seed, temperature, penalty and length', async ({ page }) => {
    await openWith(page, Q4);
    const run = async (sampling: GenerateArgs['sampling']): Promise<Reply> =>
      ok(await generate(page, { prompt: 'The', sampling: { temperature: 1.5, maxTokens: 24, ...sampling } }));
    const [one, same, other, drawn] = [
      await run({ seed: 7 }),
      await run({ seed: 7 }),
      await run({ seed: 8 }),
      await run({ seed: null }),
    ];
    expect(same.text).toBe(one.text);
    expect(other.text).not.toBe(one.text);
    expect(one.done.seed).toBe(7);
    expect((await run({ seed: drawn.done.seed })).text).toBe(drawn.text);
    expect(one.done.usage.completionTokens).toBeLessThanOrEqual(24);
    const narrow = await run({ temperature: 5, topK: 1, seed: 1 });
    expect((await run({ temperature: 5, topK: 1, seed: 2 })).text).toBe(narrow.text);
    expect((await run({ temperature: 0 })).text).toBe(narrow.text);
    expect((await run({ temperature: 0, repetitionPenalty: 5 })).text).not.toBe(narrow.text);
    const nothing = await run({ maxTokens: 0 });
    expect(nothing).toMatchObject({ text: '', done: { finishReason: 'length' } });
  });

  test('keeps its text well-formed at any temperature', async ({ page }) => {
    await openWith(page, Q4);
    for (const seed of [1, 2, 3]) {
      const sampling = { temperature: 5, topK: 0, topP: 1, maxTokens: 150, seed };
      const reply = ok(await generate(page, { prompt: '你好 🌡️', sampling }));
      for (const piece of reply.pieces) expect(piece).not.toMatch(/\p{Surrogate}|\ufffd/u);
    }
  });

  test('stops while decoding and while prefilling, and goes on afterwards', async ({ page }) => {
    await openWith(page, F16);
    const long = { temperature: 1.2, maxTokens: 1500 } as const;
    const decoding = ok(await generate(page, { prompt: QUESTION, sampling: long, stopAfter: 3 }));
    expect(decoding.done.finishReason).toBe('aborted');
    expect(decoding.done.usage.completionTokens).toBeLessThan(200);
    note('stop in decode', decoding.stopMs);
    expect(decoding.stopMs).toBeLessThan(1500);
    const prefilling = ok(await generate(page, { prompt: LONG, sampling: long, stopAfter: 0 }));
    expect(prefilling).toMatchObject({ text: '', done: { finishReason: 'aborted' } });
    note('stop in prefill', prefilling.stopMs);
    expect(prefilling.stopMs).toBeLessThan(3000);
    expect(await status(page)).toBe('ready');
    expect(ok(await generate(page, { prompt: QUESTION })).text).not.toBe('');
  });

  test('refuses a second request, a prompt that is too long, and work without a model', async ({ page }) => {
    await open(page);
    expect(code(await generate(page, { prompt: QUESTION }))).toBe('engine/not-loaded');
    ok(await load(page, { files: [fileAt(F16)] }));
    const [first, second] = await page.evaluate((args) => window.harness.generateTwice(args), {
      prompt: QUESTION,
    });
    expect(ok(first).text).not.toBe('');
    expect(code(second)).toBe('engine/busy');
    const tooLong = await generate(page, { prompt: LONG.repeat(3) });
    expect(code(tooLong)).toBe('engine/prompt-too-long');
    expect('error' in tooLong && tooLong.error.details).toMatchObject({ contextLength: 2048 });
    expect(await status(page)).toBe('ready');
    expect(ok(await generate(page, { prompt: QUESTION })).text).not.toBe('');
  });

  test('ends a reply at the end of the window', async ({ page }) => {
    await openWith(page, F16, { contextLength: 512 });
    const prompt = QUESTION.repeat(30);
    const room = 512 - ((await count(page, prompt)) + 1);
    const reply = ok(await generate(page, { prompt, sampling: { temperature: 3, maxTokens: 4000 } }));
    expect(reply.done.usage.completionTokens).toBeLessThanOrEqual(room);
    expect(await status(page)).toBe('ready');
  });
});

test.describe('scoring', () => {
  test('gives log-probabilities that add up', async ({ page }) => {
    await openWith(page, F16);
    const score = async (prompt: string, options: readonly string[]) =>
      ok(await page.evaluate(([text, list]) => window.harness.score(text, list), [prompt, options] as const));
    const { text } = ok(await generate(page, { prompt: QUESTION }));
    const words = text.split(' ');
    const likely = words.slice(0, 4).join(' ');
    const [right, wrong] = await score(QUESTION, [likely, ' Bananas are yellow.']);
    expect(right?.tokens).toBeGreaterThan(1);
    expect(right?.logProbability ?? 0).toBeGreaterThan(wrong?.logProbability ?? 0);
    // The chain rule: two words at once are the first, then the second after it.
    const [a, b] = [words.slice(0, 2).join(' '), ` ${words[2] ?? ''}`];
    const [both] = await score(QUESTION, [a + b]);
    const [first] = await score(QUESTION, [a]);
    const [second] = await score(QUESTION + a, [b]);
    expect(both?.tokens).toBe((first?.tokens ?? 0) + (second?.tokens ?? 0));
    expect(both?.logProbability).toBeCloseTo((first?.logProbability ?? 0) + (second?.logProbability ?? 0), 2);
    // Different next tokens exclude each other.
    const letters = await score('The answer is:', [' A', ' B', ' C', ' D', ' the', ' a']);
    expect(letters.map(({ tokens }) => tokens).every((tokens) => tokens === 1)).toBe(true);
    const mass = letters.reduce((sum, { logProbability }) => sum + Math.exp(logProbability), 0);
    expect(mass).toBeGreaterThan(0);
    expect(mass).toBeLessThanOrEqual(1.0001);
    expect(code(await page.evaluate(() => window.harness.score('x', [''])))).toBe(
      'engine/unsupported-option',
    );
    expect(await status(page)).toBe('ready');
  });
});

test.describe('losing and leaving', () => {
  test('is lost when its worker dies under it, and loads again', async ({ page }) => {
    await page.addInitScript(() => {
      const workers: Worker[] = [];
      Object.assign(window, {
        workers,
        Worker: class extends Worker {
          constructor(url: string | URL, options?: WorkerOptions) {
            super(url, options);
            workers.push(this);
          }
        },
      });
    });
    await openWith(page, F16);
    const dying = generate(page, { prompt: QUESTION, sampling: { temperature: 1.2, maxTokens: 1500 } });
    await expect.poll(() => status(page)).toBe('generating');
    await page.evaluate(() => {
      const { workers } = window as unknown as { workers: Worker[] };
      workers.at(-1)?.dispatchEvent(new ErrorEvent('error', { message: 'killed by the test' }));
    });
    expect(code(await dying)).toBe('engine/worker-crashed');
    expect(await status(page)).toBe('lost');
    expect(code(await generate(page, { prompt: QUESTION }))).toBe('engine/worker-crashed');
    ok(await load(page, { files: [fileAt(F16)] }));
    expect(ok(await generate(page, { prompt: QUESTION })).text).not.toBe('');
  });

  test('unloads in the middle of a reply, keeping what was written, and asks nobody else for anything', async ({
    page,
  }) => {
    const foreign: string[] = [];
    page.on('request', (request) => {
      if (!/^(blob|data):/.test(request.url()) && !request.url().startsWith(server.url))
        foreign.push(request.url());
    });
    await openWith(page, Q4);
    const running = generate(page, { prompt: QUESTION, sampling: { temperature: 1.2, maxTokens: 1500 } });
    await expect.poll(() => status(page)).toBe('generating');
    await page.evaluate(() => window.harness.unload());
    expect(ok(await running).done.finishReason).toBe('aborted');
    expect(await status(page)).toBe('idle');
    expect(code(await generate(page, { prompt: QUESTION }))).toBe('engine/not-loaded');
    await expect.poll(() => page.workers().length).toBe(0);
    expect(foreign).toEqual([]);
  });
});

test.describe('on the GPU @gpu', () => {
  test.skip(Boolean(process.env.SOFTWARE_GPU_SKIP), process.env.SOFTWARE_GPU_SKIP ?? '');

  test('puts all layers there and writes what the CPU writes', async ({ page }) => {
    await open(page);
    const f16 = await page.evaluate(async () =>
      (await navigator.gpu.requestAdapter())?.features.has('shader-f16'),
    );
    expect(f16, 'the software adapter has shader-f16').toBe(true);
    const prompts = [QUESTION, question('How do I get Meditron?'), question('What does the notice say?')];
    const replies: Record<string, string[]> = {};
    for (const backend of ['webgpu', 'cpu'] as const) {
      const loaded = ok(await load(page, { files: [fileAt(F16)], backend }));
      expect(loaded.backend).toBe(backend);
      if (backend === 'webgpu') {
        expect(loaded.gpuLayers).toBeGreaterThan(0);
        expect(loaded.gpuLayers).toBe(loaded.totalLayers);
        expect(loaded.adapter).not.toBe('');
        expect(loaded.backendReason).toMatch(/^On the GPU/);
      } else {
        expect(loaded.gpuLayers).toBe(0);
      }
      replies[backend] = [];
      for (const prompt of prompts) replies[backend].push(ok(await generate(page, { prompt })).text);
    }
    expect(replies.webgpu).toEqual(replies.cpu);
  });

  test('stops in time', async ({ page }) => {
    await openWith(page, F16, { backend: 'webgpu' });
    const sampling = { temperature: 1.2, maxTokens: 1500 };
    const decoding = ok(await generate(page, { prompt: QUESTION, sampling, stopAfter: 3 }));
    expect(decoding.done.finishReason).toBe('aborted');
    note('stop in decode', decoding.stopMs);
    const prefilling = ok(await generate(page, { prompt: LONG, sampling, stopAfter: 0 }));
    expect(prefilling.done.finishReason).toBe('aborted');
    note('stop in prefill', prefilling.stopMs);
    expect(ok(await generate(page, { prompt: QUESTION })).text).not.toBe('');
  });

  test('is lost when the GPU process dies, and loads again', async ({ page, browser }) => {
    await openWith(page, F16, { backend: 'webgpu' });
    const dying = generate(page, { prompt: QUESTION, sampling: { temperature: 1.2, maxTokens: 1500 } });
    await expect.poll(() => status(page)).toBe('generating');
    const session = await browser.newBrowserCDPSession();
    // The reply never comes: the process it asks is gone.
    void session.send('Browser.crashGpuProcess').catch(() => undefined);
    expect(code(await dying)).toBe('engine/device-lost');
    expect(await status(page)).toBe('lost');
    ok(await load(page, { files: [fileAt(F16)], backend: 'cpu' }));
    expect(ok(await generate(page, { prompt: QUESTION })).text).not.toBe('');
  });
});
