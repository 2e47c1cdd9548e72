/**
 * How much of llama.cpp's speed reaches the app: decode tokens/s through the engine port against wllama called bare on a
 * page, the same prompt, threads and batch sizes, taking turns in one browser. Only the ratio means anything elsewhere.
 */
import { statSync } from 'node:fs';
import { chromium, type Page } from '@playwright/test';
import { ensureBrowser } from '../../e2e/setup/browser.ts';
import { buildEngineHarness, serveEngineHarness } from '../../e2e/support/engine-harness.ts';

const MODEL = 'models/demo/demo-q4_0.gguf';
/** Its greedy answer is one of the longest the demo model gives. */
const PROMPT = '### User: Tell me everything about this app\n### Assistant:';
const MAX_TOKENS = 200;
const ROUNDS = 5;

export interface EngineBench {
  /** Median over the rounds of (tokens/s in the engine) ÷ (tokens/s bare). */
  readonly decodeRatio: number;
  readonly ratios: readonly number[];
  readonly tokens: number;
}

/** @throws Error when the two ways do not write the same text: then there is nothing to compare. */
export async function benchEngine(): Promise<EngineBench> {
  const server = await serveEngineHarness(await buildEngineHarness('bench'));
  const browser = await chromium.launch({ executablePath: ensureBrowser(), args: ['--no-sandbox'] });
  try {
    const page = await browser.newPage();
    await page.goto(`${server.url}engine.html`);
    await page.waitForFunction(() => 'harness' in window);
    const threads = await loadDemo(page);
    const args = { model: MODEL, prompt: PROMPT, maxTokens: MAX_TOKENS, threads };
    const ratios: number[] = [];
    let tokens = 0;
    // The first round warms caches and compiled code on both sides and does not count.
    for (let round = 0; round <= ROUNDS; round += 1) {
      const { engine, bare } = await page.evaluate(async ({ model, prompt, maxTokens, threads: count }) => {
        const inEngine = await window.harness.timed(prompt, maxTokens);
        return { engine: inEngine, bare: await window.harness.bare(model, prompt, maxTokens, count) };
      }, args);
      if (engine.text !== bare.text) throw new Error('the engine and bare wllama wrote different texts');
      tokens = engine.tokens;
      if (round > 0) ratios.push((engine.tokens - 1) / engine.decodeMs / ((bare.tokens - 1) / bare.decodeMs));
    }
    const decodeRatio = [...ratios].sort((a, b) => a - b)[Math.floor(ratios.length / 2)] ?? 0;
    return { decodeRatio, ratios, tokens };
  } finally {
    await browser.close();
    await server.close();
  }
}

async function loadDemo(page: Page): Promise<number> {
  const outcome = await page.evaluate(
    ({ url, bytes }) => window.harness.load({ files: [{ from: 'url', url, bytes }], backend: 'cpu' }),
    { url: MODEL, bytes: statSync(`public/${MODEL}`).size },
  );
  if ('error' in outcome) throw new Error(`${outcome.error.code}: ${outcome.error.message}`);
  return outcome.ok.threads;
}
