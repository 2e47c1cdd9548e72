/**
 * `npm test`: static checks, units, end to end in a real browser against the built app.
 * The last line counts them all: `N passed, N failed`, with `, N skipped` and the reasons above it where any were.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { ensureBrowser } from '../../e2e/setup/browser.ts';
import { ensureSoftwareGpu } from '../../e2e/setup/software-gpu.ts';
import { buildIfNeeded, ROOT } from './build.ts';
import { REPRODUCIBLE, runChecks } from './check.ts';

interface Tally {
  passed: number;
  failed: number;
  skipped: { readonly title: string; readonly reason: string }[];
}

const OUT = join(ROOT, 'test-results');
const UNIT_REPORT = join(OUT, 'unit.json');
const E2E_REPORT = join(OUT, 'e2e.json');
/** What CI runs; the long projects (`mlc`, `faults`, `lighthouse`, `screenshots`) have commands of their own. */
const E2E_PROJECTS = ['cpu', 'gpu', 'mlc'];

interface Suite {
  readonly specs: readonly z.infer<typeof spec>[];
  readonly suites?: readonly Suite[] | undefined;
}

const spec = z.object({
  title: z.string(),
  tests: z.array(
    z.object({
      projectName: z.string(),
      status: z.enum(['expected', 'unexpected', 'flaky', 'skipped']),
      annotations: z.array(z.object({ type: z.string(), description: z.string().optional() })),
    }),
  ),
});
const suite: z.ZodType<Suite> = z.lazy(() =>
  z.object({ specs: z.array(spec), suites: z.array(suite).optional() }),
);

const tally: Tally = { passed: 0, failed: 0, skipped: [] };
rmSync(OUT, { recursive: true, force: true });
mkdirSync(OUT, { recursive: true });

heading('Static checks');
await buildIfNeeded();
for (const check of await runChecks([REPRODUCIBLE])) {
  if (check.passed) tally.passed += 1;
  else tally.failed += 1;
}

heading('Units');
await run('vitest', [
  'run',
  '--project',
  'unit',
  '--reporter=default',
  '--reporter=json',
  `--outputFile.json=${UNIT_REPORT}`,
]);
countUnits();

heading('End to end, in a real browser');
console.log(`Browser: ${ensureBrowser()}`);
const gpu = ensureSoftwareGpu();
console.log('path' in gpu ? 'Software GPU with shader-f16: ready' : `Software GPU: none (${gpu.skip})`);
// Playwright empties its output folder, so the report goes beside it.
await run('playwright', ['test', ...E2E_PROJECTS.map((name) => `--project=${name}`)], {
  E2E_JSON: E2E_REPORT,
  E2E_OUTPUT: join(OUT, 'playwright'),
});
countEndToEnd();

if (tally.skipped.length > 0) {
  heading('Skipped');
  for (const { title, reason } of tally.skipped) console.log(`- ${title}: ${reason || 'no reason given'}`);
}
const skipped = tally.skipped.length > 0 ? `, ${tally.skipped.length} skipped` : '';
console.log(`\n${tally.passed} passed, ${tally.failed} failed${skipped}`);
process.exitCode = tally.failed > 0 ? 1 : 0;

function heading(text: string): void {
  console.log(`\n── ${text} ──`);
}

async function run(tool: string, args: readonly string[], env: Record<string, string> = {}): Promise<void> {
  await new Promise<void>((done, fail) => {
    const child = spawn('npx', ['--no-install', tool, ...args], {
      cwd: ROOT,
      stdio: ['ignore', 'inherit', 'inherit'],
      env: { ...process.env, ...env },
      shell: process.platform === 'win32',
    });
    child.on('error', fail);
    // The reports say what failed; one that is missing counts as a failure below.
    child.on('close', () => done());
  });
}

function readReport(path: string): unknown {
  if (!existsSync(path)) {
    console.log(`No report at ${path}: the runner did not finish.`);
    tally.failed += 1;
    return null;
  }
  return JSON.parse(readFileSync(path, 'utf8'));
}

function countUnits(): void {
  const report = readReport(UNIT_REPORT);
  if (report === null) return;
  const { testResults } = z
    .object({
      testResults: z.array(
        z.object({
          name: z.string(),
          status: z.string(),
          assertionResults: z.array(z.object({ fullName: z.string(), status: z.string() })),
        }),
      ),
    })
    .parse(report);
  for (const file of testResults) {
    // A file that does not even load has no assertions to count.
    if (file.status === 'failed' && !file.assertionResults.some(({ status }) => status === 'failed'))
      tally.failed += 1;
    for (const { fullName, status } of file.assertionResults) {
      if (status === 'passed') tally.passed += 1;
      else if (status === 'failed') tally.failed += 1;
      else tally.skipped.push({ title: fullName, reason: 'skipped in its file, which says why' });
    }
  }
}

function countEndToEnd(): void {
  const report = readReport(E2E_REPORT);
  if (report === null) return;
  const result = z.object({ suites: z.array(suite), errors: z.array(z.unknown()) }).parse(report);
  tally.failed += result.errors.length;
  for (const each of result.suites) countSuite(each);
}

function countSuite(each: Suite): void {
  for (const spec of each.specs) {
    for (const test of spec.tests) {
      const title = `[${test.projectName}] ${spec.title}`;
      if (test.status === 'skipped') {
        const reason =
          test.annotations.find(({ type }) => type === 'skip' || type === 'fixme')?.description ?? '';
        tally.skipped.push({ title, reason });
      } else if (test.status === 'expected') tally.passed += 1;
      else tally.failed += 1;
    }
  }
  for (const inner of each.suites ?? []) countSuite(inner);
}
