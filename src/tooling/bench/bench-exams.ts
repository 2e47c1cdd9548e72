/**
 * What scoring an item costs beside reading it: items behind three examples, which the engine keeps, against the prefill of the
 * items' own tokens alone, taking turns in one browser. Read behind the examples they cost a little more than without: each token
 * looks back at all before it, which on the Demo model weighs much and on a model of 7B a few percent.
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
  /** Medians over the rounds of (scoring) ÷ (prefill of the items' own tokens), read behind the kept examples, and with none. */
  readonly ratio: { readonly behind: number; readonly without: number };
  readonly rounds: readonly Round[];
}

interface Round {
  readonly scoreMs: number;
  readonly behindMs: number;
  readonly withoutMs: number;
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
    const rounds: Round[] = [];
    const given = asked.map(({ prefix, own, continuations }) => ({
      prefix,
      own,
      options: [...continuations],
    }));
    // The first round warms caches and compiled code and does not count.
    for (let round = 0; round <= ROUNDS; round += 1) {
      // llama.cpp keeps the prompts it has read; each round asks in words of its own, or it would read nothing.
      const anew = given.map((item, index) => ({
        ...item,
        marks: [`\n(${round}.${index})`, `\n(${round}.${index} b)`, `\n(${round}.${index} c)`] as const,
      }));
      const measured = await page.evaluate(oneRound, anew);
      if (round > 0) rounds.push(measured);
    }
    const ratioTo = (baseline: 'behindMs' | 'withoutMs'): number =>
      rounds.map((round) => round.scoreMs / round[baseline]).sort((x, y) => x - y)[
        Math.floor(rounds.length / 2)
      ] ?? 0;
    return { ratio: { behind: ratioTo('behindMs'), without: ratioTo('withoutMs') }, rounds };
  } finally {
    await browser.close();
    await server.close();
  }
}

/** In the page. */
async function oneRound(
  items: readonly {
    readonly prefix: string;
    readonly own: string;
    readonly options: readonly string[];
    /** Put before an item, so that it was never read before. */
    readonly marks: readonly [string, string, string];
  }[],
): Promise<Round> {
  const score = async (prompt: string, options: readonly string[]): Promise<void> => {
    const outcome = await window.harness.score(prompt, options);
    if ('error' in outcome) throw new Error(outcome.error.message);
  };
  const prefill = async (prompt: string): Promise<number> => {
    const outcome = await window.harness.generate({ prompt, sampling: { temperature: 0, maxTokens: 1 } });
    if ('error' in outcome) throw new Error(outcome.error.message);
    return outcome.ok.done.timings.prefillMs;
  };
  // The examples are read once for all items: not part of what an item costs.
  await score(items[0]?.prefix ?? '', [' A']);
  const started = performance.now();
  for (const { prefix, own, options, marks } of items) await score(prefix + marks[0] + own, options);
  const scoreMs = performance.now() - started;
  let behindMs = 0;
  for (const { prefix, own, marks } of items) behindMs += await prefill(prefix + marks[1] + own);
  let withoutMs = 0;
  for (const { own, marks } of items) withoutMs += await prefill(marks[2] + own);
  return { scoreMs, behindMs, withoutMs };
}
