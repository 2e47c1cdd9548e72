/**
 * The whole MLC engine on the real web-llm and real WebGPU, with a stand-in for the one thing that cannot be here: a compiled
 * library. The stand-in speaks TVM's interface and computes the Demo model, converted by the transcoder, on the CPU; loading,
 * tokenizer, uploads, KV cache calls, buffers and read-back are web-llm's own. Greedy text is held against llama.cpp's.
 */
import { readFileSync } from 'node:fs';
import { mkdir, stat, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { expect, test, type Page } from '@playwright/test';
import { z } from 'zod';
import type { MlcModel } from '../src/engine/mlc/model.ts';
import { convertInMemory } from '../src/transcode/testing/convert-in-memory.ts';
import { memorySource } from '../src/transcode/testing/memory.ts';
import { readReferenceGguf } from '../src/transcode/testing/reference-gguf.ts';
import type { OptionScore } from '../src/engine/port.ts';
import type { MlcGenerateArgs, MlcOutcome } from './harness/mlc.ts';
import type { MiniLibrary } from './harness/mini-tvm/mini-library.ts';
import { differences, examPrompts, forwardPass, prediction } from './support/forward-pass.ts';
import { buildEngineHarness } from './support/engine-harness.ts';
import { fileAt, load as loadLlamaCpp, open as openLlamaCpp } from './support/llamacpp-harness.ts';
import { startStaticServer, type StaticServer } from './support/static-server.ts';
import { packageAsGguf } from './support/widened-gguf.ts';

const ROOT = resolve(import.meta.dirname, '..');
const GGUF = 'public/models/demo/demo-f16.gguf';
const MODEL: Partial<MlcModel> = { baseUrl: 'https://models.example/demo/resolve/main/', modelId: 'demo' };
const record = z
  .object({
    prompts: z.array(z.object({ prompt: z.string(), promptTokens: z.number(), tokens: z.array(z.number()) })),
  })
  .parse(JSON.parse(readFileSync(resolve(ROOT, 'src/transcode/testing/demo-greedy.json'), 'utf8')));
const [first, second] = record.prompts;
if (!first || !second) throw new Error('The record holds no prompts');

let server: StaticServer;
/** Served at `package/`: what was made of the Demo model. */
let folder = '';
let names: readonly string[] = [];
let made: ReadonlyMap<string, Uint8Array> = new Map();
/** Id → text, to read the recorded tokens. */
let pieces: ReadonlyMap<number, string> = new Map();

// One build, one conversion and one server for the file.
test.describe.configure({ mode: 'default' });
test.skip(process.env.SOFTWARE_GPU_SKIP !== undefined, process.env.SOFTWARE_GPU_SKIP);

test.beforeAll(async () => {
  test.setTimeout(300_000);
  const { files } = await convertInMemory([memorySource(GGUF, readFileSync(resolve(ROOT, GGUF)))]);
  folder = test.info().outputPath('package');
  await mkdir(folder, { recursive: true });
  for (const [name, bytes] of files) await writeFile(resolve(folder, name), bytes);
  names = [...files.keys()];
  made = files;
  const tokenizer = z
    .object({ model: z.object({ vocab: z.record(z.string(), z.number()) }) })
    .parse(JSON.parse(new TextDecoder().decode(files.get('tokenizer.json'))));
  pieces = new Map(Object.entries(tokenizer.model.vocab).map(([piece, id]) => [id, piece]));
  const root = await buildEngineHarness();
  server = await startStaticServer({ root, mounts: { '/package/': folder } });
});
test.afterAll(() => server.close());

async function open(page: Page, library: Partial<MiniLibrary> = {}, model: Partial<MlcModel> = {}) {
  await page.goto(`${server.url}mlc.html?stand-in`);
  await page.waitForFunction(() => 'mlc' in window);
  const args = { model: { ...MODEL, ...model }, library, names };
  await page.evaluate(async (given) => {
    await window.mlc.copy(given.model, 'package/', given.names, '');
    await window.mlc.storeStandIn(given.model, given.library);
  }, args);
  return page.evaluate((given) => window.mlc.load(given), args.model);
}

function ok<T>(outcome: MlcOutcome<T>): T {
  if ('error' in outcome) {
    throw new Error(
      `${outcome.error.code}: ${outcome.error.message} ${JSON.stringify(outcome.error.details)}`,
    );
  }
  return outcome.ok;
}

const generate = async (page: Page, args: MlcGenerateArgs) =>
  ok(await page.evaluate((given) => window.mlc.generate(given), args));

/** The recorded reply as text; llama.cpp's tokens end at end-of-sequence, which has none. */
function textOf(tokens: readonly number[]): string {
  const bytes = tokens.flatMap((id) => {
    const piece = pieces.get(id) ?? '';
    const byte = /^<0x([0-9A-F]{2})>$/.exec(piece)?.[1];
    if (byte !== undefined) return [Number.parseInt(byte, 16)];
    return id <= 2 ? [] : [...new TextEncoder().encode(piece.replaceAll('▁', ' '))];
  });
  return new TextDecoder().decode(Uint8Array.from(bytes));
}

test('says what llama.cpp says, through web-llm @gpu', async ({ page }) => {
  const loaded = ok(await open(page));
  expect(loaded).toMatchObject({ engine: 'mlc', backend: 'webgpu', contextLength: 2048, gpuLayers: 4 });
  for (const { prompt, promptTokens, tokens } of record.prompts.slice(0, 4)) {
    const reply = await generate(page, { prompt, sampling: { maxTokens: tokens.length } });
    expect(reply.text).toBe(textOf(tokens));
    expect(reply.done.usage.promptTokens).toBe(promptTokens);
    expect(ok(await page.evaluate((text) => window.mlc.count(text), prompt))).toBe(promptTokens - 1);
  }
});

test('keeps the engine contract @gpu', async ({ page }) => {
  ok(await open(page));
  expect(await page.evaluate((model) => window.mlc.contract(model), MODEL)).toEqual([]);
});

test('reuses the KV cache across turns, edits and stops, with the text of a fresh start @gpu', async ({
  page,
}) => {
  ok(await open(page));
  const { prompt } = first;
  const reply = await generate(page, { prompt, stops: ['###'] });
  expect(reply.done.usage.reusedTokens).toBe(0);
  const next = `${prompt}${reply.text.trimEnd()}\n### User: And where are my chats?\n### Assistant:`;
  const turn = await generate(page, { prompt: next, stops: ['###'] });
  expect(turn.done.usage.reusedTokens).toBeGreaterThanOrEqual(reply.done.usage.promptTokens);
  const edited = await generate(page, { prompt: second.prompt, stops: ['###'] });
  expect(edited.done.usage.reusedTokens).toBeGreaterThan(8);
  // The same requests in a fresh engine: rolling the cache back must change no token.
  await page.evaluate(() => window.mlc.unload());
  ok(await page.evaluate((model) => window.mlc.load(model), MODEL));
  expect((await generate(page, { prompt: second.prompt, stops: ['###'] })).text).toBe(edited.text);
  await page.evaluate(() => window.mlc.unload());
  ok(await page.evaluate((model) => window.mlc.load(model), MODEL));
  expect((await generate(page, { prompt: next, stops: ['###'] })).text).toBe(turn.text);
});

test('stops, goes on where it stopped, draws by seed, and scores options @gpu', async ({ page }) => {
  ok(await open(page));
  const { prompt } = first;
  const cut = await generate(page, { prompt, stopAfter: 3 });
  expect(cut.done).toMatchObject({ finishReason: 'aborted' });
  const limited = await generate(page, { prompt, sampling: { maxTokens: 4 } });
  expect(limited.done.finishReason).toBe('length');
  const rest = await generate(page, { prompt: prompt + limited.text, sampling: { maxTokens: 4 } });
  expect(rest.done.usage.reusedTokens).toBe(rest.done.usage.promptTokens - 1);
  const whole = await generate(page, { prompt, sampling: { maxTokens: 8 } });
  expect(limited.text + rest.text).toBe(whole.text);
  // Hot enough that another seed says something else.
  const sampled = async (seed: number): Promise<string> =>
    (await generate(page, { prompt, sampling: { temperature: 4, seed, maxTokens: 12 } })).text;
  const drawn = await sampled(1);
  expect(await sampled(2)).not.toBe(drawn);
  expect(await sampled(1)).toBe(drawn);
  const options = [whole.text, ' banana banana'];
  const scores = ok(
    await page.evaluate((given) => window.mlc.score(given.prompt, given.options), { prompt, options }),
  );
  expect(scores[0]?.tokens).toBe(8);
  expect(scores[0]?.logProbability).toBeGreaterThan(scores[1]?.logProbability ?? 0);
  // What scoring has read stays read.
  const next = await generate(page, { prompt: `${prompt} And then?`, sampling: { maxTokens: 1 } });
  expect(next.done.usage.reusedTokens).toBeGreaterThanOrEqual(limited.done.usage.promptTokens - 1);
});

test('scores exam items by the chain rule over the library’s own logits, and as llama.cpp does with the same weights @gpu', async ({
  page,
}) => {
  ok(await open(page));
  const gguf = readFileSync(resolve(ROOT, GGUF));
  const read = (name: string): Uint8Array => made.get(name) ?? new Uint8Array();
  const expected = await forwardPass(gguf, { package: read });
  const asked = examPrompts(12);
  const scored: (readonly OptionScore[])[] = [];
  for (const { prompt, options } of asked) {
    scored.push(
      ok(
        await page.evaluate((given) => window.mlc.score(given.prompt, [...given.options]), {
          prompt,
          options,
        }),
      ),
    );
  }
  const fromSums = asked.flatMap((each, at) => differences(scored[at] ?? [], expected(each)));

  await writeFile(
    resolve(folder, 'weights.gguf'),
    packageAsGguf(gguf, (await readReferenceGguf(gguf)).header, read),
  );
  await openLlamaCpp(page, server.url);
  const { size } = await stat(resolve(folder, 'weights.gguf'));
  ok(await loadLlamaCpp(page, { files: [fileAt('package/weights.gguf', size)], backend: 'cpu' }));
  const between: number[] = [];
  for (const [at, each] of asked.entries()) {
    const mine = scored[at] ?? [];
    const theirs = ok(
      await page.evaluate((given) => window.harness.score(given.prompt, [...given.options]), each),
    );
    between.push(...differences(mine, theirs));
    const { option, lead } = prediction(theirs);
    if (lead > 0.02) expect(prediction(mine).option).toBe(option);
  }
  const most = (values: readonly number[]): string => Math.max(...values).toExponential(2);
  console.log(
    `nats a token at most: ${most(fromSums)} from the library’s own sums, ${most(between)} from llama.cpp with the same weights`,
  );
  expect(Math.max(...fromSums)).toBeLessThan(0.01);
  expect(Math.max(...between)).toBeLessThan(0.02);
});

test('does without rolling back where the library cannot, or does it wrong @gpu', async ({ page }) => {
  for (const library of [{ canPop: false }, { popsWrong: true }]) {
    ok(await open(page, library));
    await generate(page, { prompt: first.prompt, sampling: { maxTokens: 4 } });
    const edited = await generate(page, { prompt: second.prompt, sampling: { maxTokens: 8 } });
    expect(edited.done.usage.reusedTokens).toBe(0);
    expect(edited.text).toBe(textOf(second.tokens.slice(0, 8)));
  }
});

test('falls back to half the context when its buffers do not fit, and says so @gpu', async ({ page }) => {
  const loaded = ok(await open(page, { memoryFor: 1024 }));
  expect(loaded.contextLength).toBe(1024);
  expect(loaded.backendReason).toContain('1024 tokens instead of 2048');
  expect((await generate(page, { prompt: first.prompt, sampling: { maxTokens: 4 } })).text).toBe(
    textOf(first.tokens.slice(0, 4)),
  );
});

test('reads control tokens in a prompt as text @gpu', async ({ page }) => {
  ok(await open(page));
  const count = async (text: string): Promise<number> =>
    ok(await page.evaluate((given) => window.mlc.count(given), text));
  expect(await count('a</s>')).toBeGreaterThan((await count('a')) + 1);
});
