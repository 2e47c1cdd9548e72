/**
 * What scoring an item costs beside reading it: items behind three examples, which the engine keeps, against the prefill of the
 * items' own tokens alone, taking turns in one browser.
 */
import { statSync } from 'node:fs';
import { chromium } from '@playwright/test';
import prompts from '../../../model-config/demo/corpus/prompts.json' with { type: 'json' };
import aboutThisApp from '../../../model-config/question-sets/about-this-app.json' with { type: 'json' };
import { ensureBrowser } from '../../../e2e/setup/browser.ts';
import { buildEngineHarness, serveEngineHarness } from '../../../e2e/support/engine-harness.ts';
import { questionSetSchema } from '../../exams/items/item.ts';
import { showAsGiven } from '../../exams/runs/ask.ts';
import { renderItem } from '../../exams/runs/forms.ts';

const MODEL = 'models/demo/demo-q4_0.gguf';
const ITEMS = 20;
const ROUNDS = 5;

export interface ExamsBench {
  /** Median over the rounds of (scoring) ÷ (prefill of the items alone). */
  readonly ratio: number;
  readonly rounds: readonly { readonly scoreMs: number; readonly prefillMs: number }[];
}

export async function benchExams(): Promise<ExamsBench> {
  const { items } = questionSetSchema.parse(aboutThisApp);
  const plan = {
    form: 'chat',
    method: { kind: 'option-letters' },
    system: prompts.system,
    closing: '',
    chatFormat: 'authors-zero-shot',
  } as const;
  const examples = items.slice(-3).map(showAsGiven);
  const asked = items.slice(0, ITEMS).map((item) => renderItem(plan, examples, showAsGiven(item)));
  const server = await serveEngineHarness(await buildEngineHarness());
  const browser = await chromium.launch({ executablePath: ensureBrowser(), args: ['--no-sandbox'] });
  try {
    const page = await browser.newPage();
    // tsx names inner functions by a helper of its own, which a page does not have.
    await page.addInitScript('globalThis.__name = (named) => named');
    await page.goto(`${server.url}engine.html`);
    await page.waitForFunction(() => 'harness' in window);
    const loaded = await page.evaluate(
      ({ url, bytes }) => window.harness.load({ files: [{ from: 'url', url, bytes }], backend: 'cpu' }),
      { url: MODEL, bytes: statSync(`public/${MODEL}`).size },
    );
    if ('error' in loaded) throw new Error(`${loaded.error.code}: ${loaded.error.message}`);
    const rounds: { scoreMs: number; prefillMs: number }[] = [];
    const given = asked.map(({ prefix, own, continuations }) => ({
      prefix,
      own,
      options: [...continuations],
    }));
    // The first round warms caches and compiled code and does not count.
    for (let round = 0; round <= ROUNDS; round += 1) {
      // llama.cpp keeps the prompts it has read; each round asks in words of its own, or it would read nothing.
      const anew = given.map((item, index) => ({ ...item, own: `\n(${round}.${index})${item.own}` }));
      const measured = await page.evaluate(oneRound, anew);
      if (round > 0) rounds.push(measured);
    }
    const ratios = rounds.map(({ scoreMs, prefillMs }) => scoreMs / prefillMs).sort((a, b) => a - b);
    return { ratio: ratios[Math.floor(ratios.length / 2)] ?? 0, rounds };
  } finally {
    await browser.close();
    await server.close();
  }
}

/** In the page. */
async function oneRound(
  items: readonly { readonly prefix: string; readonly own: string; readonly options: readonly string[] }[],
): Promise<{ scoreMs: number; prefillMs: number }> {
  const score = async (prompt: string, options: readonly string[]): Promise<void> => {
    const outcome = await window.harness.score(prompt, options);
    if ('error' in outcome) throw new Error(outcome.error.message);
  };
  // The examples are read once for all items: not part of what an item costs.
  await score(items[0]?.prefix ?? '', [' A']);
  const started = performance.now();
  for (const { prefix, own, options } of items) await score(prefix + own, options);
  const scoreMs = performance.now() - started;
  let prefillMs = 0;
  for (const { own } of items) {
    const outcome = await window.harness.generate({
      prompt: own,
      sampling: { temperature: 0, maxTokens: 1 },
    });
    if ('error' in outcome) throw new Error(outcome.error.message);
    prefillMs += outcome.ok.done.timings.prefillMs;
  }
  return { scoreMs, prefillMs };
}
