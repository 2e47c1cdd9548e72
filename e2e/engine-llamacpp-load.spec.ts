/** How the llama.cpp engine loads, refuses, is lost and leaves, in a real Chromium with the real demo model. */
import { readFileSync } from 'node:fs';
import { expect, test } from '@playwright/test';
import { securityHeaders } from '../src/app/security/security-headers.ts';
import { serveEngineHarness } from './support/engine-harness.ts';
import {
  F16,
  Q4,
  bytesOf,
  fileAt,
  QUESTION,
  open,
  ok,
  code,
  load,
  generate,
  status,
  openWith,
  engineServer,
  type ModelArgs,
} from './support/llamacpp-harness.ts';
import type { Fault } from './support/static-server.ts';

const server = engineServer();

test.describe('loading', () => {
  test('goes from idle over loading to ready, tells bytes and says what runs where', async ({ page }) => {
    const loaded = await openWith(page, server, Q4, { backend: 'auto' });
    expect(loaded).toMatchObject({ engine: 'llamacpp', backend: 'cpu', contextLength: 2048 });
    expect(loaded.vocabSize).toBeGreaterThan(256);
    expect(loaded.backendReason).toMatch(/^On the CPU: .+\.$/);
    expect(loaded.threads).toBeGreaterThanOrEqual(1);
    expect(loaded.engineVersion).toMatch(/^wllama 3\.\d+\.\d+, llama\.cpp /);
    expect(loaded.sourceSha256).toMatch(/^[0-9a-f]{64}$/);
    expect(await page.evaluate(() => window.harness.statuses())).toEqual(['loading', 'ready']);
    const progress = await page.evaluate(() => window.harness.progress());
    expect(progress).toContainEqual(
      expect.objectContaining({ phase: 'fetch', loadedBytes: bytesOf(Q4), totalBytes: bytesOf(Q4) }),
    );
    expect(progress).toContainEqual(
      expect.objectContaining({ phase: 'upload', loadedBytes: bytesOf(Q4), totalBytes: bytesOf(Q4) }),
    );
  });

  test('cancels at any moment, and loads afterwards', async ({ page }) => {
    await open(page, server.url);
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
    await open(page, server.url);
    const cases: readonly (readonly [string, ModelArgs, Fault | null])[] = [
      ['bytes/not-found', { files: [fileAt('models/none.gguf', 10)] }, null],
      // A complete answer of another length, shorter or longer, is another file; one that is cut is the network's units' case.
      ['bytes/changed', { files: [fileAt(F16, bytesOf(F16) + 10)] }, null],
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
      server.fault =
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
    await open(page, server.url);
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
      const strict = await serveEngineHarness(server.folder, {
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
    const plain = await serveEngineHarness(server.folder, { headers: { 'Content-Security-Policy': policy } });
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
    await openWith(page, server, F16);
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
    await openWith(page, server, Q4);
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
