/**
 * What the app is made of, and under which licences: read from the lock file and the installed packages.
 * `npx tsx src/tooling/checks/supply-chain.ts` checks; with `--write` it also renews THIRD_PARTY.md.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { ROOT } from '../build/build.ts';
import { compiledInProblems, compiledInText } from './compiled-in.ts';

const THIRD_PARTY = join(ROOT, 'THIRD_PARTY.md');

/** Licences that let the built app be given to anyone, for any purpose, with their notices kept. */
const SHIPPED = new Set([
  'MIT',
  'ISC',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  '0BSD',
  'Unlicense',
  'OFL-1.1',
  'CC0-1.0',
  '(MPL-2.0 OR Apache-2.0)',
]);
/** Tools are not shipped: weak copyleft and attribution licences are fine for them. */
const TOOLS = new Set([
  ...SHIPPED,
  'MPL-2.0',
  'BlueOak-1.0.0',
  'Python-2.0',
  'CC-BY-4.0',
  '(MIT OR CC0-1.0)',
]);

/** Packages that say nothing in package.json; their licence files were read. */
const READ_BY_HAND: Readonly<Record<string, string>> = { 'parse-cache-control@1.0.1': 'BSD-3-Clause' };

const lockFile = z.object({
  packages: z.record(
    z.string(),
    z.object({
      version: z.string().optional(),
      license: z.string().optional(),
      dev: z.boolean().optional(),
      optional: z.boolean().optional(),
      hasInstallScript: z.boolean().optional(),
    }),
  ),
});
const manifestFile = z.object({
  dependencies: z.record(z.string(), z.string()),
  devDependencies: z.record(z.string(), z.string()),
});

interface Package {
  readonly name: string;
  readonly folder: string;
  readonly version: string;
  readonly licence: string;
  readonly shipped: boolean;
}

function packages(): readonly Package[] {
  const lock = lockFile.parse(readJson('package-lock.json'));
  return Object.entries(lock.packages)
    .filter(([folder]) => folder !== '')
    .map(([folder, entry]) => {
      const name = folder.slice(folder.lastIndexOf('node_modules/') + 'node_modules/'.length);
      const version = entry.version ?? '';
      const licence = entry.license ?? READ_BY_HAND[`${name}@${version}`] ?? licenceOnDisk(folder);
      return { name, folder, version, licence, shipped: !entry.dev };
    });
}

/** @returns one line for each package whose licence is not on the list. */
export function licenceProblems(all: readonly Package[]): readonly string[] {
  return all
    .filter(({ licence, shipped }) => !(shipped ? SHIPPED : TOOLS).has(licence))
    .map(
      ({ name, version, licence, shipped }) =>
        `${name}@${version}: ${licence || 'no licence'} is not allowed ${shipped ? 'in the app' : 'for tools'}`,
    );
}

/** @returns one line for each direct dependency that is not pinned to one exact version. */
function pinProblems(): readonly string[] {
  const { dependencies, devDependencies } = manifestFile.parse(readJson('package.json'));
  return Object.entries({ ...dependencies, ...devDependencies })
    .filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version))
    .map(([name, version]) => `${name}: ${version} is not an exact version`);
}

/** Asks the registry for known vulnerabilities. A registry that can't be asked is reported, not a failure: builds must work offline. */
function auditProblems(): readonly string[] {
  let output: string;
  try {
    output = execFileSync('npm', ['audit', '--json', '--omit=dev'], {
      cwd: ROOT,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      timeout: 30_000,
    });
  } catch (error) {
    // npm audit exits with 1 when it finds something; its report is on standard output all the same.
    output = error instanceof Error && 'stdout' in error ? String(error.stdout) : '';
  }
  const report = z
    .object({ vulnerabilities: z.record(z.string(), z.object({ severity: z.string() })) })
    .safeParse(parseOrNull(output));
  if (!report.success) {
    console.log('npm audit: not checked, the registry did not answer with a report');
    return [];
  }
  return Object.entries(report.data.vulnerabilities)
    .filter(([, { severity }]) => severity === 'high' || severity === 'critical')
    .map(([name, { severity }]) => `${name}: known vulnerability (${severity})`);
}

/** Names, versions, licences and licence texts of everything that is part of the built app. */
function thirdParty(all: readonly Package[]): string {
  const shipped = all
    .filter((each) => each.shipped && existsSync(join(ROOT, each.folder)))
    .sort((a, b) => (a.name === b.name ? a.version.localeCompare(b.version) : a.name < b.name ? -1 : 1));
  const texts = new Map<string, string[]>();
  for (const each of shipped) {
    const text = licenceText(each.folder);
    if (!text) continue;
    const users = texts.get(text);
    if (users) users.push(each.name);
    else texts.set(text, [each.name]);
  }
  return [
    '# Third-party software',
    '',
    'Generated by `npx tsx src/tooling/checks/supply-chain.ts --write`; do not edit by hand.',
    '',
    '| Package | Version | Licence |',
    '| --- | --- | --- |',
    ...shipped.map(({ name, version, licence }) => `| ${name} | ${version} | ${licence} |`),
    '',
    ...compiledInText(),
    '## Licence texts',
    '',
    ...[...texts].flatMap(([text, users]) => [
      `### ${[...new Set(users)].join(', ')}`,
      '',
      '```text',
      text.replaceAll('```', "'''"),
      '```',
      '',
    ]),
  ].join('\n');
}

function licenceOnDisk(folder: string): string {
  const path = join(ROOT, folder, 'package.json');
  if (!existsSync(path)) return '';
  const parsed = z.object({ license: z.string() }).safeParse(JSON.parse(readFileSync(path, 'utf8')));
  return parsed.success ? parsed.data.license : '';
}

/** The licence, and the notices that Apache-2.0 wants to go along with it. */
function licenceText(folder: string): string {
  const files = readdirSync(join(ROOT, folder));
  return [/^licen[cs]e/i, /^notice/i]
    .flatMap((named) => files.find((name) => named.test(name)) ?? [])
    .map((name) =>
      readFileSync(join(ROOT, folder, name), 'utf8')
        .trim()
        .replaceAll('\r\n', '\n'),
    )
    .join('\n\n');
}

function readJson(name: string): unknown {
  return JSON.parse(readFileSync(join(ROOT, name), 'utf8'));
}

function parseOrNull(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

if (process.argv[1] === import.meta.filename) {
  const all = packages();
  const notices = thirdParty(all);
  if (process.argv.includes('--write')) writeFileSync(THIRD_PARTY, notices);
  const problems = [
    ...licenceProblems(all),
    ...compiledInProblems(all),
    ...pinProblems(),
    ...auditProblems(),
  ];
  if (!existsSync(THIRD_PARTY) || readFileSync(THIRD_PARTY, 'utf8') !== notices) {
    problems.push(
      'THIRD_PARTY.md is not what the lock file says: run `npx tsx src/tooling/checks/supply-chain.ts --write`',
    );
  }
  for (const problem of problems) console.log(problem);
  if (problems.length > 0) process.exitCode = 1;
}
