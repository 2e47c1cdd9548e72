/**
 * A real llama.cpp server against the same engine in the browser: the Demo model must write the same and score the same on both.
 * It is no part of the project and must be brought: `LLAMA_SERVER=/path/to/llama-server npx playwright test e2e/server-trial.spec.ts`,
 * or `LLAMA_SERVER_URL=http://…` of one that serves `public/models/demo/demo-f16.gguf`.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { resolve } from 'node:path';
import { expect, test } from '@playwright/test';
import { hosted } from '../src/engine/contract/hosted.ts';
import { RemoteEngine } from '../src/engine/remote/remote-engine.ts';
import { asked, collect, nodeSurroundings, remoteModel } from '../src/engine/remote/testing/support.ts';
import { engineServer, F16, generate, ok, openWith, question } from './support/llamacpp-harness.ts';

const { LLAMA_SERVER, LLAMA_SERVER_URL } = process.env;
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
let address = LLAMA_SERVER_URL ?? '';

test.skip(
  LLAMA_SERVER === undefined && LLAMA_SERVER_URL === undefined,
  'needs a llama-server: LLAMA_SERVER (its path) or LLAMA_SERVER_URL (its address)',
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

test('writes and scores as the browser does', async ({ page }) => {
  const server = hosted('remote', new RemoteEngine({ surroundings: nodeSurroundings() }));
  const loaded = await server.load(remoteModel(address.replace(/\/$/, '')));
  expect(loaded.server?.scoringProblem).toBe('');
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
