/**
 * Lighthouse against the served build, the median of three runs, and Chrome's own list of what keeps it from being installed.
 * Scores depend on the machine: `npm run lighthouse` on an idle one, not part of `npm test`.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium, expect, test } from '@playwright/test';
import lighthouse, { desktopConfig } from 'lighthouse';
import { serve } from '../src/cli/serve.ts';
import { ensureBrowser } from './setup/browser.ts';

const RUNS = 3;
const CATEGORIES = ['performance', 'accessibility', 'best-practices'] as const;
type Scores = Record<(typeof CATEGORIES)[number], number>;

const FORMS = [
  { form: 'mobile', config: undefined, performance: 97 },
  { form: 'desktop', config: desktopConfig, performance: 99 },
] as const;

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

/**
 * A browser for each run, as Lighthouse's own command has it: in one that goes on, the memory that the audits of the run before
 * have left is tidied up at the start of the next, 300 ms of it, which count four times.
 */
async function inFreshBrowser<T>(port: number, work: () => Promise<T>): Promise<T> {
  const profile = mkdtempSync(join(tmpdir(), 'lighthouse-'));
  const browser = await chromium.launchPersistentContext(profile, {
    executablePath: ensureBrowser(),
    args: ['--no-sandbox', `--remote-debugging-port=${String(port)}`],
  });
  try {
    return await work();
  } finally {
    await browser.close();
    rmSync(profile, { recursive: true, force: true });
  }
}

for (const [index, { form, config, performance }] of FORMS.entries()) {
  test(`@lighthouse ${form}`, async () => {
    const server = await serve(4190, false, process.env.E2E_DIST);
    const [url] = server.resolvedUrls?.local ?? [];
    const port = 9340 + index;
    const runs: Scores[] = [];
    try {
      for (let run = 0; run < RUNS; run++) {
        const result = await inFreshBrowser(port, () =>
          lighthouse(url, { port, onlyCategories: [...CATEGORIES], logLevel: 'error' }, config),
        );
        if (!result) throw new Error('Lighthouse gave no result');
        const { categories, audits } = result.lhr;
        runs.push(
          Object.fromEntries(
            CATEGORIES.map((name) => [name, Math.round((categories[name]?.score ?? 0) * 100)]),
          ) as Scores,
        );
        for (const name of CATEGORIES) {
          const lost = categories[name]?.auditRefs.filter(
            ({ id, weight }) => weight > 0 && (audits[id]?.score ?? 1) < 0.9,
          );
          for (const { id } of lost ?? [])
            console.log(
              `${form}, ${name}: ${id} ${audits[id]?.displayValue ?? ''} ${audits[id]?.title ?? ''}`,
            );
        }
      }
    } finally {
      await server.close();
    }
    const scores = Object.fromEntries(
      CATEGORIES.map((name) => [name, median(runs.map((run) => run[name]))]),
    ) as Scores;
    console.log(`Lighthouse, ${form}: ${JSON.stringify(scores)} (runs: ${JSON.stringify(runs)})`);
    expect(scores.accessibility).toBe(100);
    expect(scores['best-practices']).toBe(100);
    expect(scores.performance).toBeGreaterThanOrEqual(performance);
  });
}
