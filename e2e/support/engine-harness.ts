/** The engine harness, built and served like the app: same policy, same isolation, the demo model beside it. */
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { build } from 'vite';
import { newest } from '../../src/tooling/build/build.ts';
import {
  startStaticServer,
  type Fault,
  type StaticServer,
  type StaticServerOptions,
} from './static-server.ts';

const ROOT = resolve(import.meta.dirname, '../..');

const BUILDS = resolve(ROOT, '.cache/engine-harness');
const INPUTS = ['src', 'e2e/harness', 'package-lock.json'];
/** A build takes seconds; a lock this old is one whose process is gone. */
const STALE_LOCK_MS = 180_000;

/** Builds the harness once for all tests and benchmarks until its sources change. @returns the folder; write nothing into it. */
export async function buildEngineHarness(): Promise<string> {
  const outDir = join(BUILDS, String(Math.round(newest(INPUTS.map((name) => join(ROOT, name))))));
  const lock = `${outDir}.lock`;
  mkdirSync(BUILDS, { recursive: true });
  // Test files that start side by side want it at the same time: one of them builds.
  while (!existsSync(outDir)) {
    if (!lockFolder(lock)) {
      await wait(200);
      continue;
    }
    const partial = `${outDir}.partial`;
    try {
      for (const name of readdirSync(BUILDS)) {
        if (/^\d+(\.partial)?$/.test(name)) rmSync(join(BUILDS, name), { recursive: true });
      }
      await build({ configFile: resolve(ROOT, 'e2e/harness/vite.config.ts'), build: { outDir: partial } });
      renameSync(partial, outDir);
    } finally {
      rmSync(lock, { recursive: true });
    }
  }
  return outDir;
}

function lockFolder(path: string): boolean {
  try {
    mkdirSync(path);
    return true;
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
    const made = statSync(path, { throwIfNoEntry: false })?.mtimeMs;
    if (made !== undefined && Date.now() - made > STALE_LOCK_MS)
      rmSync(path, { recursive: true, force: true });
    return false;
  }
}

/** Serves a built harness at `/`, the models at `/models/` and, where there is one, a folder of files made by a test at `/made/`. */
export function serveEngineHarness(
  root: string,
  {
    fault,
    headers,
    made,
  }: {
    readonly fault?: Fault;
    readonly headers?: StaticServerOptions['headers'];
    readonly made?: string;
  } = {},
): Promise<StaticServer> {
  return startStaticServer({
    root,
    mounts: { '/models/': resolve(ROOT, 'public/models'), ...(made !== undefined && { '/made/': made }) },
    ...(fault ? { fault } : {}),
    ...(headers ? { headers } : {}),
  });
}
