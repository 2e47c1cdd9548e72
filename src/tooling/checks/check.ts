/** `npm run check`: every static check, two at a time (so that two cores are busy), each named with its time. */
import { spawn } from 'node:child_process';
import { buildIfNeeded, ROOT } from '../build/build.ts';
import { localTool } from '../local-tool.ts';

interface Check {
  readonly name: string;
  readonly command: readonly [tool: string, ...args: string[]];
  readonly needsBuild?: boolean;
}

/** The longest first: the rest fits beside it. */
const CHECKS: readonly Check[] = [
  { name: 'lint and types', command: ['oxlint', '--type-check'] },
  { name: 'imports', command: ['depcruise', '--config', '.dependency-cruiser.js', 'src', 'e2e'] },
  { name: 'dead code', command: ['knip', '--no-progress'] },
  { name: 'supply chain', command: ['tsx', 'src/tooling/checks/supply-chain.ts'] },
  { name: 'built page', command: ['tsx', 'src/tooling/checks/built-page.ts'], needsBuild: true },
  { name: 'size budget', command: ['size-limit'], needsBuild: true },
  { name: 'format', command: ['oxfmt', '--check'] },
];

export interface CheckResult {
  readonly name: string;
  readonly passed: boolean;
  /** What it printed, both streams. */
  readonly output: string;
}

/**
 * Slower than a check may be, and part of `npm test`: TypeScript's own word on the types, which the linter's compiler gives sooner.
 * @param built the app's folder where it was built a moment ago: one of the two builds.
 */
export const slowChecks = (built: string | null): readonly Check[] => [
  { name: 'types', command: ['tsc', '-b'] },
  {
    name: 'reproducible build',
    command: ['tsx', 'src/tooling/build/reproducible.ts', ...(built === null ? [] : [built])],
  },
];

/** Runs them all, `slow` ones first, also after a failure, and prints the output of those that fail. */
export async function runChecks(slow: readonly Check[] = []): Promise<readonly CheckResult[]> {
  const queue = [...slow, ...CHECKS];
  const results: CheckResult[] = [];
  const lane = async () => {
    for (let check = queue.shift(); check; check = queue.shift()) results.push(await run(check));
  };
  await Promise.all([lane(), lane()]);
  return results;
}

/** One build for all that need one. */
let building: Promise<unknown> | null = null;

async function run({ name, command, needsBuild }: Check): Promise<CheckResult> {
  const started = performance.now();
  let output = '';
  let passed = false;
  try {
    if (needsBuild) await (building ??= buildIfNeeded());
    passed = await new Promise<boolean>((done, fail) => {
      const [tool, ...args] = command;
      const child = spawn(...localTool(tool, args), {
        cwd: ROOT,
        shell: process.platform === 'win32',
      });
      child.stdout.on('data', (data: Buffer) => (output += data.toString()));
      child.stderr.on('data', (data: Buffer) => (output += data.toString()));
      child.on('error', fail);
      child.on('close', (code) => done(code === 0));
    });
  } catch (error) {
    output += String(error);
  }
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.log(`${passed ? '✓' : '✗'} ${name} (${seconds} s)`);
  if (!passed) console.log(output);
  return { name, passed, output };
}

if (process.argv[1] === import.meta.filename) {
  const results = await runChecks();
  if (results.some((result) => !result.passed)) process.exitCode = 1;
}
