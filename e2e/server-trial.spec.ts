/**
 * A real server against the same engine in the browser: the Demo model must write the same and score the same on both, and the
 * app must get from it what it gets from the stand-in. It is no part of the project and must be brought:
 * `LLAMA_SERVER=/path/to/llama-server npx playwright test e2e/server-trial.spec.ts`, or `MODEL_SERVER=http://…` of one (vLLM, …)
 * that serves `public/models/demo/demo-f16.gguf` or its weights, with `MODEL_SERVER_KEY` where it wants a key.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { resolve } from 'node:path';
import { expect, test } from '@playwright/test';
import { hosted } from '../src/engine/contract/hosted.ts';
import { RemoteEngine } from '../src/engine/remote/remote-engine.ts';
import type { LoadedModel } from '../src/engine/port.ts';
import type { TabEngine } from '../src/engine/tab/tab-engine.ts';
import {
  asked,
  collect,
  nodeSurroundings,
  pageFetch,
  remoteModel,
} from '../src/engine/remote/testing/support.ts';
import { acceptNotice } from './support/app.ts';
import { engineServer, F16, generate, ok, openWith, question } from './support/llamacpp-harness.ts';

const { LLAMA_SERVER, MODEL_SERVER, MODEL_SERVER_KEY = null } = process.env;
const PORT = 8191;

const QUESTIONS = [
  'What is this app?',
  'How do I get Meditron-7B?',
  'Does what I type leave my computer?',
  'What can you answer?',
  'Is it free?',
  'Where are my chats kept?',
  'Can I use it offline?',
  'What is the advisory notice?',
  'Which browser do I need?',
  'How do I export a chat?',
  'What is a GGUF file?',
  'How large is the model?',
  'Can it diagnose a patient?',
  'Who made Meditron?',
  'What does temperature do?',
  'How do I delete everything?',
  'What is quantisation?',
  'Why is it slow?',
  'Can I import from ChatGPT?',
  'What is the window?',
];
const OPTIONS = [' A', ' B', ' C', ' D', ' Yes', ' No', ' Meditron Web'];

/** Writing and scoring in one browser on one core of a busy machine. */
test.setTimeout(600_000);

const harness = engineServer();
let child: ChildProcess | null = null;
let address = (MODEL_SERVER ?? '').replace(/\/$/, '');

test.skip(
  LLAMA_SERVER === undefined && MODEL_SERVER === undefined,
  'needs a real server: LLAMA_SERVER (the path of llama-server) or MODEL_SERVER (the address of any)',
);

test.beforeAll(async () => {
  if (LLAMA_SERVER === undefined) return;
  address = `http://127.0.0.1:${String(PORT)}`;
  child = spawn(
    LLAMA_SERVER,
    ['-m', resolve(`public/${F16}`), '--host', '127.0.0.1', '--port', String(PORT), '-c', '2048', '-np', '1'],
    { stdio: 'ignore' },
  );
  await expect
    .poll(
      () =>
        fetch(`${address}/health`).then(
          ({ ok: up }) => up,
          () => false,
        ),
      { timeout: 60_000 },
    )
    .toBe(true);
});
test.afterAll(() => {
  child?.kill();
});

async function connect(): Promise<{ readonly server: TabEngine; readonly loaded: LoadedModel }> {
  const server = hosted('remote', new RemoteEngine({ surroundings: nodeSurroundings({ fetch: pageFetch }) }));
  const loaded = await server.load(remoteModel(address, { key: () => MODEL_SERVER_KEY }));
  return { server, loaded };
}

test('writes and scores as the browser does', async ({ page }) => {
  const { server, loaded } = await connect();
  expect(loaded.server?.scoringProblem).toBe('');
  expect(loaded.contextLength).toBe(2048);
  expect(loaded.backendReason).not.toMatch(/start token|top_k|repetition penalty|estimated|assumed/);
  await openWith(page, harness, F16);

  let same = 0;
  let largest = 0;
  for (const text of QUESTIONS) {
    const prompt = question(text);
    const sampling = { temperature: 0, topP: 1, topK: 0, repetitionPenalty: 1, seed: 1, maxTokens: 48 };
    const here = ok(await generate(page, { prompt, sampling, stops: ['###'] }));
    const there = await collect(server.generate(asked(prompt, { sampling, stops: ['###'] })));
    expect(there.error).toBeNull();
    expect.soft(there.text, text).toBe(here.text);
    expect(there.done?.usage.promptTokens).toBe(here.done.usage.promptTokens);
    if (there.text === here.text) same += 1;

    const inBrowser = ok(
      await page.evaluate(([given, options]) => window.harness.score(given, options), [
        prompt,
        OPTIONS,
      ] as const),
    );
    const onServer = await server.score(prompt, OPTIONS);
    for (const [index, { logProbability, tokens }] of onServer.entries()) {
      expect(tokens).toBe(inBrowser[index]?.tokens);
      largest = Math.max(largest, Math.abs(logProbability - (inBrowser[index]?.logProbability ?? NaN)));
    }
    expect(await server.countTokens(prompt)).toBe(
      ok(await page.evaluate((given) => window.harness.count(given), prompt)),
    );
  }
  const figures = `${String(same)} of ${String(QUESTIONS.length)} replies the same; scores differ by ${largest.toExponential(2)} at most`;
  test.info().annotations.push({ type: loaded.engineVersion, description: figures });
  console.log(`${loaded.engineVersion}: ${figures}`);
  expect(largest).toBeLessThan(1e-2);
});

test('does what it is asked: seed, stops, limits, an end at any time', async () => {
  const { server } = await connect();
  const prompt = question('What is this app?');
  const sampling = { temperature: 3, topP: 1, topK: 0, repetitionPenalty: 1, seed: 5, maxTokens: 24 };
  const write = (over: Partial<typeof sampling>, stops: string[] = []): ReturnType<typeof collect> =>
    collect(server.generate(asked(prompt, { sampling: { ...sampling, ...over }, stops })));

  const first = await write({});
  expect((await write({})).text).toBe(first.text);
  expect((await write({ seed: 6 })).text).not.toBe(first.text);
  const cool = await write({ temperature: 0 });
  expect((await write({ topK: 1 })).text).toBe(cool.text);
  expect(cool.done).toMatchObject({ finishReason: 'length', usage: { completionTokens: 24 } });
  expect(cool.done?.usage.promptTokens).toBe((await server.countTokens(prompt)) + 1);

  // A stop text is cut off wherever it lies in a token.
  const [stop = ''] = /m\w+ \w/.exec(cool.text) ?? [];
  expect(stop).not.toBe('');
  const stopped = await write({ temperature: 0 }, ['###', stop]);
  expect(stopped.text).toBe(cool.text.slice(0, cool.text.indexOf(stop)));
  expect(stopped.done?.finishReason).toBe('stop');

  const long = await collect(server.generate(asked('word '.repeat(3000))));
  expect(long.error).toMatchObject({ code: 'engine/prompt-too-long' });

  const end = new AbortController();
  let reason = '';
  for await (const event of server.generate(
    asked(prompt, { sampling: { ...sampling, maxTokens: 1500 } }),
    end.signal,
  )) {
    if (event.type === 'done') reason = event.finishReason;
    else end.abort();
  }
  expect(reason).toBe('aborted');
  // It is free again at once, and remembers nothing of it.
  expect((await write({ temperature: 0 })).text).toBe(cool.text);
});

test('the app, in a browser: a wrong key is named, the right one connects, words come', async ({ page }) => {
  await page.goto('/#/models');
  await acceptNotice(page);
  const host = new URL(address).host;
  const pastedAt = performance.now();
  await page.getByRole('button', { name: 'Connect a server' }).click();
  const dialog = page.getByRole('dialog', { name: 'Connect a server' });
  await dialog.getByRole('textbox', { name: 'Address' }).fill(`${address}/v1`);
  if (MODEL_SERVER_KEY !== null) {
    await dialog.getByRole('textbox', { name: 'Key' }).fill('sk-mistyped');
    await dialog.getByRole('button', { name: 'Test' }).click();
    await expect(dialog.getByRole('alert')).toContainText('refuses this key');
    await dialog.getByRole('textbox', { name: 'Key' }).fill(MODEL_SERVER_KEY);
  }
  await dialog.getByRole('button', { name: 'Test' }).click();
  await expect(dialog.getByRole('status', { name: 'Test' })).toContainText('scores options', {
    timeout: 60_000,
  });
  await dialog.getByRole('button', { name: 'Connect' }).click();
  await expect(page.getByRole('status', { name: 'Model status' })).toContainText(`ready on ${host}`, {
    timeout: 60_000,
  });
  await page.getByRole('link', { name: 'Chat', exact: true }).first().click();
  await page.getByRole('textbox', { name: 'Message' }).fill('What is this app?');
  await page.getByRole('button', { name: 'Send' }).click();
  await page.getByRole('button', { name: /^Send to / }).click();
  const reply = page.getByRole('article', { name: 'Model' });
  await expect(reply).toContainText('Meditron Web is a page', { timeout: 60_000 });
  const seconds = ((performance.now() - pastedAt) / 1000).toFixed(1);
  await expect(reply).not.toHaveAttribute('aria-busy', 'true');
  await expect(reply).toContainText(`Written on ${host}`);
  console.log(`first words ${seconds} s after the address was pasted`);
});
