/**
 * How much of llama.cpp's speed reaches the app: decode tokens/s through the engine port against wllama called bare on a
 * page, the same prompt, threads and batch sizes, taking turns in one browser. Only the ratio means anything elsewhere.
 */
import { statSync } from 'node:fs';
import { chromium, type Page } from '@playwright/test';
import { ensureBrowser } from '../../../e2e/setup/browser.ts';
import { buildEngineHarness, serveEngineHarness } from '../../../e2e/support/engine-harness.ts';

const MODEL = 'models/demo/demo-q4_0.gguf';
/** Together a few hundred tokens of greedy answers. */
const PROMPTS = [
  'Tell me everything about this app',
  'Write a long story about this app',
  'How do I get Meditron?',
  'Which screens are there?',
  'What happens to my chats?',
  'What does the notice say?',
].map((question) => `### User: ${question}\n### Assistant:`);
const MAX_TOKENS = 200;
/** About 1,700 tokens: some seconds of prefill on a CPU. */
const LONG_PROMPT = `${'What is this app, and what does it do? '.repeat(150)}\n### Assistant:`;
const STOPS = 7;
const ROUNDS = 5;

export interface EngineBench {
  /** Median over the rounds of (tokens/s in the engine) ÷ (tokens/s bare). */
  readonly decodeRatio: number;
  readonly ratios: readonly number[];
  readonly tokens: number;
  /** Milliseconds from Stop to the end of the stream, the worst of a few. */
  readonly stopMs: { readonly decode: number; readonly prefill: number };
}

/** @throws Error when the two ways do not write the same text: then there is nothing to compare. */
export async function benchEngine(): Promise<EngineBench> {
  const server = await serveEngineHarness(await buildEngineHarness());
  const browser = await chromium.launch({ executablePath: ensureBrowser(), args: ['--no-sandbox'] });
  try {
    const page = await browser.newPage();
    await page.goto(`${server.url}engine.html`);
    await page.waitForFunction(() => 'harness' in window);
    const threads = await loadDemo(page);
    const args = { model: MODEL, prompts: PROMPTS, maxTokens: MAX_TOKENS, threads };
    const ratios: number[] = [];
    let tokens = 0;
    // The first round warms caches and compiled code on both sides and does not count.
    for (let round = 0; round <= ROUNDS; round += 1) {
      const { engine, bare } = await page.evaluate(runBoth, args);
      if (engine.text !== bare.text) throw new Error('the engine and bare wllama wrote different texts');
      tokens = engine.tokens;
      if (round > 0) ratios.push(engine.tokens / engine.decodeMs / (bare.tokens / bare.decodeMs));
    }
    const decodeRatio = [...ratios].sort((a, b) => a - b)[Math.floor(ratios.length / 2)] ?? 0;
    return { decodeRatio, ratios, tokens, stopMs: await benchStop(page) };
  } finally {
    await browser.close();
    await server.close();
  }
}

async function benchStop(page: Page): Promise<EngineBench['stopMs']> {
  const worst = { decode: 0, prefill: 0 };
  for (let round = 0; round < STOPS; round += 1) {
    for (const [phase, prompt, stopAfter] of [
      ['decode', PROMPTS[0] ?? '', 3 + round],
      ['prefill', `${String(round)} ${LONG_PROMPT}`, 0],
    ] as const) {
      const args = { prompt, stopAfter, sampling: { temperature: 1.2, maxTokens: 300 } };
      const outcome = await page.evaluate((given) => window.harness.generate(given), args);
      if ('error' in outcome) throw new Error(`${outcome.error.code}: ${outcome.error.message}`);
      const { stopMs, done, events } = outcome.ok;
      // A reply that was over first was not stopped.
      if (done.finishReason !== 'aborted' || stopMs === null) continue;
      if (phase === 'prefill' && events > 0) continue;
      worst[phase] = Math.max(worst[phase], stopMs);
    }
  }
  if (worst.decode === 0 || worst.prefill === 0) throw new Error('no reply was long enough to be stopped');
  return worst;
}

interface RoundArgs {
  readonly model: string;
  readonly prompts: readonly string[];
  readonly maxTokens: number;
  readonly threads: number;
}

/** In the page: every prompt by the engine and at once by bare wllama, so that both meet the same load of the machine. */
async function runBoth({ model, prompts, maxTokens, threads }: RoundArgs) {
  const sum = { engine: { tokens: 0, decodeMs: 0, text: '' }, bare: { tokens: 0, decodeMs: 0, text: '' } };
  for (const prompt of prompts) {
    const runs = {
      engine: await window.harness.timed(prompt, maxTokens),
      bare: await window.harness.bare(model, prompt, maxTokens, threads),
    };
    for (const side of ['engine', 'bare'] as const) {
      // The first token is prefill.
      sum[side].tokens += runs[side].tokens - 1;
      sum[side].decodeMs += runs[side].decodeMs;
      sum[side].text += runs[side].text;
    }
  }
  return sum;
}

async function loadDemo(page: Page): Promise<number> {
  const outcome = await page.evaluate(
    ({ url, bytes }) => window.harness.load({ files: [{ from: 'url', url, bytes }], backend: 'cpu' }),
    { url: MODEL, bytes: statSync(`public/${MODEL}`).size },
  );
  if ('error' in outcome) throw new Error(`${outcome.error.code}: ${outcome.error.message}`);
  return outcome.ok.threads;
}
