/**
 * `npm test`: static checks, units, end to end in a real browser against the built app.
 * The last line counts them all: `N passed, N failed`, with `, N skipped` and the reasons above it where any were.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { z } from 'zod';
import { ensureBrowser } from '../../../e2e/setup/browser.ts';
import { ensureHeadlessShell } from '../../../e2e/setup/headless-shell.ts';
import { ensureSoftwareGpu } from '../../../e2e/setup/software-gpu.ts';
import { buildIfNeeded, ROOT } from '../build/build.ts';
import { localTool } from '../local-tool.ts';
import { runChecks, slowChecks } from '../checks/check.ts';

interface Outcome {
  passed: number;
  /** Each with what was said about it. */
  readonly failed: { readonly title: string; readonly message: string }[];
  readonly skipped: { readonly title: string; readonly reason: string }[];
  /** Browser tests that passed at the second try only: counted as passed, printed to be mended. */
  readonly flaky: { readonly title: string; readonly message: string }[];
}

const OUT = join(ROOT, 'test-results');
const UNIT_REPORT = join(OUT, 'unit.json');
const E2E_REPORT = join(OUT, 'e2e.json');
/** What CI runs; `mlc` skips itself without a compiled library, and the other projects have commands of their own. */
const E2E_PROJECTS = ['cpu', 'browser', 'gpu', 'mlc'];

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
      results: z.array(z.object({ errors: z.array(z.object({ message: z.string().optional() })) })),
    }),
  ),
});
const suite: z.ZodType<Suite> = z.lazy(() =>
  z.object({ specs: z.array(spec), suites: z.array(suite).optional() }),
);

const outcome: Outcome = { passed: 0, failed: [], skipped: [], flaky: [] };
rmSync(OUT, { recursive: true, force: true });
mkdirSync(OUT, { recursive: true });

heading('Static checks');
const built = (await buildIfNeeded()) ? join(ROOT, 'dist') : null;
for (const { name, passed, output } of await runChecks(slowChecks(built))) {
  if (passed) outcome.passed += 1;
  else fail(`[check] ${name}`, output);
}

heading('Units');
await run('vitest', ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${UNIT_REPORT}`]);
countUnits();

heading('End to end, in a real browser');
console.log(`Browser: ${ensureBrowser()}`);
const shell = ensureHeadlessShell();
console.log(shell.whole === null ? 'Its headless shell: ready' : `Its headless shell: none (${shell.whole})`);
const gpu = ensureSoftwareGpu();
console.log('path' in gpu ? 'Software GPU with shader-f16: ready' : `Software GPU: none (${gpu.skip})`);
// Playwright empties its output folder, so the report goes beside it.
await run('playwright', ['test', ...E2E_PROJECTS.map((name) => `--project=${name}`)], {
  E2E_JSON: E2E_REPORT,
  E2E_OUTPUT: join(OUT, 'playwright'),
});
countEndToEnd();

if (outcome.skipped.length > 0) {
  heading('Skipped');
  for (const { title, reason } of outcome.skipped) console.log(`- ${title}: ${reason || 'no reason given'}`);
}
if (outcome.flaky.length > 0) {
  heading('Flaky: passed at the second try');
  for (const { title, message } of outcome.flaky)
    console.log(`- ${title}\n${message.trim().replace(/^/gm, '    ')}\n`);
}
if (outcome.failed.length > 0) {
  // Once more at the end: of a long output often only the end is kept.
  heading('Failed');
  for (const { title, message } of outcome.failed)
    console.log(`- ${title}\n${message.trim().replace(/^/gm, '    ')}\n`);
}
const skipped = outcome.skipped.length > 0 ? `, ${outcome.skipped.length} skipped` : '';
console.log(`\n${outcome.passed} passed, ${outcome.failed.length} failed${skipped}`);
process.exitCode = outcome.failed.length > 0 ? 1 : 0;

/** Keeps the beginning of a message, where the cause is, and of a check's output its end, where the count is. */
function shortened(message: string): string {
  const plain = stripVTControlCharacters(message);
  return plain.length <= 4000 ? plain : `${plain.slice(0, 2500)}\n…\n${plain.slice(-1500)}`;
}

function fail(title: string, message: string): void {
  outcome.failed.push({ title, message: shortened(message) });
}

function heading(text: string): void {
  console.log(`\n── ${text} ──`);
}

async function run(tool: string, args: readonly string[], env: Record<string, string> = {}): Promise<void> {
  await new Promise<void>((done, fail) => {
    const child = spawn(...localTool(tool, args), {
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
    fail(`No report at ${path}`, 'The runner did not finish; what it said is above.');
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
          message: z.string().optional(),
          assertionResults: z.array(
            z.object({
              fullName: z.string(),
              status: z.string(),
              failureMessages: z.array(z.string()).nullish(),
            }),
          ),
        }),
      ),
    })
    .parse(report);
  for (const file of testResults) {
    // A file that does not even load has no assertions to count.
    if (file.status === 'failed' && !file.assertionResults.some(({ status }) => status === 'failed'))
      fail(`[unit] ${relative(ROOT, file.name)}`, file.message ?? '');
    for (const { fullName, status, failureMessages } of file.assertionResults) {
      if (status === 'passed') outcome.passed += 1;
      else if (status === 'failed')
        fail(`[unit] ${relative(ROOT, file.name)} › ${fullName}`, (failureMessages ?? []).join('\n'));
      else outcome.skipped.push({ title: fullName, reason: 'skipped in its file, which says why' });
    }
  }
}

function countEndToEnd(): void {
  const report = readReport(E2E_REPORT);
  if (report === null) return;
  const result = z
    .object({ suites: z.array(suite), errors: z.array(z.object({ message: z.string().optional() })) })
    .parse(report);
  for (const { message } of result.errors) fail('[e2e] outside any test', message ?? '');
  for (const each of result.suites) countSuite(each);
}

function countSuite(each: Suite): void {
  for (const spec of each.specs) {
    for (const test of spec.tests) {
      const title = `[${test.projectName}] ${spec.title}`;
      if (test.status === 'skipped') {
        const reason =
          test.annotations.find(({ type }) => type === 'skip' || type === 'fixme')?.description ?? '';
        outcome.skipped.push({ title, reason });
      } else if (test.status === 'expected') outcome.passed += 1;
      else {
        const errors = test.results.flatMap((result) => result.errors.map(({ message }) => message ?? ''));
        if (test.status === 'flaky') {
          outcome.passed += 1;
          outcome.flaky.push({ title, message: shortened(errors.join('\n')) });
        } else fail(title, errors.join('\n'));
      }
    }
  }
  for (const inner of each.suites ?? []) countSuite(inner);
}
