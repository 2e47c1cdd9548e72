/**
 * What the llama.cpp engine writes and scores, through its port, in a real Chromium with the real demo model. On the CPU; tests
 * tagged @gpu run on the software adapter with shader-f16.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from '@playwright/test';
import { bytePairVocabulary, LLAMA_3 } from '../src/formats/tokenizer/testing/byte-pairs.ts';
import { writeGguf } from '../src/transcode/testing/gguf-writer.ts';
import { tinyLlama } from '../src/transcode/testing/tiny-llama.ts';
import { readReferenceGguf } from '../src/transcode/testing/reference-gguf.ts';
import type { GenerateArgs, Reply } from './harness/engine.ts';
import { differences, examPrompts, forwardPass } from './support/forward-pass.ts';
import { widenedGguf } from './support/widened-gguf.ts';
import {
  F16,
  Q4,
  fileAt,
  question,
  QUESTION,
  LONG,
  open,
  ok,
  code,
  load,
  generate,
  status,
  count,
  openWith,
  note,
  engineServer,
  type UrlFile,
} from './support/llamacpp-harness.ts';

const server = engineServer();

test.describe('replying', () => {
  test('streams a greedy reply, the same every time, and reuses the prompt of the turn before', async ({
    page,
  }) => {
    await openWith(page, server, F16);
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
    await openWith(page, server, Q4);
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
    await openWith(page, server, F16);
    const { text } = ok(await generate(page, { prompt: QUESTION }));
    const words = text.trim().split(' ');
    for (const stop of [words.slice(3, 6).join(' '), `${words[4] ?? ''} ${(words[5] ?? '').slice(0, 1)}`]) {
      const reply = ok(await generate(page, { prompt: QUESTION, stops: ['never seen', stop] }));
      expect(reply.done.finishReason).toBe('stop');
      expect(reply.text).toBe(text.slice(0, text.indexOf(stop)));
    }
  });

  test('honours seed, temperature, penalty and length', async ({ page }) => {
    await openWith(page, server, Q4);
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
    await openWith(page, server, Q4);
    for (const seed of [1, 2, 3]) {
      const sampling = { temperature: 5, topK: 0, topP: 1, maxTokens: 150, seed };
      const reply = ok(await generate(page, { prompt: '你好 🌡️', sampling }));
      for (const piece of reply.pieces) expect(piece).not.toMatch(/\p{Surrogate}|\ufffd/u);
    }
  });

  test('stops while decoding and while prefilling, and goes on afterwards', async ({ page }) => {
    await openWith(page, server, F16);
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
    await open(page, server.url);
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
    await openWith(page, server, F16, { contextLength: 512 });
    const prompt = QUESTION.repeat(30);
    const room = 512 - ((await count(page, prompt)) + 1);
    const reply = ok(await generate(page, { prompt, sampling: { temperature: 3, maxTokens: 4000 } }));
    expect(reply.done.usage.completionTokens).toBeLessThanOrEqual(room);
    expect(await status(page)).toBe('ready');
  });
});

test('keeps the engine contract', async ({ page }) => {
  await open(page, server.url);
  expect(await page.evaluate((model) => window.harness.contract(model), { files: [fileAt(F16)] })).toEqual(
    [],
  );
});

test.describe('scoring', () => {
  test('gives log-probabilities that add up', async ({ page }) => {
    await openWith(page, server, F16);
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

test('keeps what scoring has read: the next request reads only what is new', async ({ page }) => {
  await openWith(page, server, F16);
  const read = await count(page, LONG);
  ok(await page.evaluate(([text, list]) => window.harness.score(text, list), [LONG, [' A', ' B']] as const));
  const next = ok(await generate(page, { prompt: `${LONG} And then?`, sampling: { maxTokens: 1 } }));
  expect(next.done.usage.reusedTokens).toBeGreaterThanOrEqual(read - 2);
});

// On F16 weights llama.cpp's CPU multiplies in half precision, which moves unlikely letters by up to 0.006 nats (this forward pass,
// told to round as it does, moves as far). With weights and cache as f32 nothing is rounded: 2.2e-5 nats at most.
for (const arithmetic of ['f32', 'f16'] as const) {
  test(`scores equal an independent forward pass in ${arithmetic} over the same weights, option by option`, async ({
    page,
  }) => {
    const bytes = readFileSync(`public/${F16}`);
    const expected = await forwardPass(bytes, { halves: arithmetic === 'f16' });
    let file = fileAt(F16);
    if (arithmetic === 'f32') {
      const wide = widenedGguf(bytes, (await readReferenceGguf(bytes)).header);
      writeFileSync(join(server.made, 'demo-f32.gguf'), wide);
      file = fileAt('made/demo-f32.gguf', wide.length);
    }
    await open(page, server.url);
    ok(await load(page, { files: [file], cacheType: arithmetic }));
    const found: number[] = [];
    // Rounding in this forward pass takes its time.
    for (const asked of examPrompts(arithmetic === 'f32' ? 6 : 15)) {
      const scores = ok(
        await page.evaluate(({ prompt, options }) => window.harness.score(prompt, [...options]), asked),
      );
      found.push(...differences(scores, expected(asked)));
    }
    const worst = Math.max(...found);
    const mean = found.reduce((sum, each) => sum + each, 0) / found.length;
    console.log(
      `difference from the forward pass in ${arithmetic}, nats a token: ${mean.toExponential(2)} on average, ${worst.toExponential(2)} at most`,
    );
    expect(mean).toBeLessThan(1e-3);
    expect(worst).toBeLessThan(arithmetic === 'f32' ? 1e-3 : 0.01);
  });
}

/** A little Llama with the byte-level vocabulary of the unit tests, cut as Llama 3 cuts. */
async function writeBytePairModel(folder: string, seed: number): Promise<UrlFile> {
  const { tokens, types, merges, bos, eos } = bytePairVocabulary(LLAMA_3, true);
  const shape = { hidden: 64, ffn: 64, layers: 1, heads: 2, kvHeads: 1, headDim: 32, vocab: tokens.length };
  const { metadata, tensors } = tinyLlama({ shape, type: 'F16', seed });
  const bytes = writeGguf({
    tensors,
    metadata: {
      ...metadata,
      'tokenizer.ggml.model': { type: 'string', value: 'gpt2' },
      'tokenizer.ggml.pre': { type: 'string', value: 'llama-bpe' },
      'tokenizer.ggml.tokens': { type: 'strings', value: tokens },
      'tokenizer.ggml.token_type': { type: 'i32s', value: Array.from(types) },
      'tokenizer.ggml.merges': { type: 'strings', value: merges },
      'tokenizer.ggml.bos_token_id': { type: 'u32', value: bos },
      'tokenizer.ggml.eos_token_id': { type: 'u32', value: eos },
    },
  });
  const name = `byte-pairs-${String(seed)}.gguf`;
  await writeFile(join(folder, name), bytes);
  return fileAt(`made/${name}`, bytes.length);
}

test.describe('a byte-level vocabulary, as Llama 3’s', () => {
  test('is counted as llama.cpp counts, and scored', async ({ page }) => {
    // Of random weights whose likeliest tokens here are text.
    const file = await writeBytePairModel(server.made, 6);
    await open(page, server.url);
    ok(await load(page, { files: [file], contextLength: 128 }));
    const texts = [
      'a',
      ' the dose: 12345 mg ',
      "it'S 39 °C, ≥ 3 jours; 体温 🌡️",
      '<|eot_id|> [ref] <|begin_of_text|',
      '  two  spaces\n\n\ttabs \n x',
      'whole whole\u00a0whole\ufeff',
    ];
    for (const text of texts) {
      const { usage } = ok(await generate(page, { prompt: text, sampling: { maxTokens: 1 } })).done;
      expect(usage.promptTokens, JSON.stringify(text)).toBe((await count(page, text)) + 1);
    }
    const options = [' the', ' dose', ' 12', 'é'];
    const scores = ok(await page.evaluate((list) => window.harness.score('in the', list), options));
    expect(scores.map(({ tokens }) => tokens)).toEqual([1, 1, 2, 1]);
    const mass = scores.reduce((sum, { logProbability }) => sum + Math.exp(logProbability), 0);
    expect(mass).toBeGreaterThan(0);
    expect(mass).toBeLessThanOrEqual(1.0001);
  });

  test('says which option it cannot score, where the likeliest token is a stray byte', async ({ page }) => {
    const file = await writeBytePairModel(server.made, 1);
    await open(page, server.url);
    ok(await load(page, { files: [file], contextLength: 128 }));
    const outcome = await page.evaluate(() => window.harness.score('in the', [' dose', ' 12']));
    expect(code(outcome)).toBe('engine/unsupported-option');
    expect('error' in outcome && outcome.error.details).toMatchObject({ option: ' dose' });
    expect(await status(page)).toBe('ready');
    expect(ok(await generate(page, { prompt: 'a', sampling: { maxTokens: 2 } })).done.finishReason).toBe(
      'length',
    );
  });

  test('tells what it can where one of the likeliest tokens is a stray byte, and loses nothing of the reply', async ({
    page,
  }) => {
    let untold = 0;
    for (const seed of [1, 3]) {
      const file = await writeBytePairModel(server.made, seed);
      await open(page, server.url);
      ok(await load(page, { files: [file], contextLength: 128 }));
      const sampling = { temperature: 1, seed: 4, maxTokens: 24 };
      const reply = ok(await generate(page, { prompt: 'in the', sampling, topAlternatives: 20 }));
      expect(reply.tokens.map(({ text }) => text).join('')).toBe(reply.text);
      expect(reply.done.usage.completionTokens).toBeLessThanOrEqual(24);
      if (reply.done.finishReason === 'length') expect(reply.done.usage.completionTokens).toBe(24);
      untold += reply.tokens.filter(({ id }) => id === null).length;
      expect(await status(page)).toBe('ready');
    }
    expect(untold).toBeGreaterThan(0);
  });
});

test.describe('on the GPU @gpu', () => {
  test.skip(Boolean(process.env.SOFTWARE_GPU_SKIP), process.env.SOFTWARE_GPU_SKIP ?? '');

  test('puts all layers there and writes what the CPU writes', async ({ page }) => {
    await open(page, server.url);
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
    await openWith(page, server, F16, { backend: 'webgpu' });
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
    await openWith(page, server, F16, { backend: 'webgpu' });
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
