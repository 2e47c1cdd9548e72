/** A browser profile on the disk of its own, and a look into its bytes when the browser is gone. */
import { spawnSync } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { chromium, test, type BrowserContext, type BrowserContextOptions } from '@playwright/test';

export interface Profile {
  readonly folder: string;
  /** Opens a browser on it; one at a time. @param args more of the command line. @param options more of the context's. */
  readonly open: (
    args?: readonly string[],
    options?: Pick<BrowserContextOptions, 'serviceWorkers'>,
  ) => Promise<BrowserContext>;
  /** Ends every process of the browser on this profile, and of no other, at once. */
  readonly kill: () => void;
  readonly remove: () => Promise<void>;
}

/** @param folder a new one where none is given. */
export async function makeProfile(given?: string): Promise<Profile> {
  const folder = given ?? (await mkdtemp(join(tmpdir(), 'meditron-profile-')));
  const { baseURL, launchOptions } = test.info().project.use;
  return {
    folder,
    open: (args = [], options = {}) =>
      chromium.launchPersistentContext(folder, {
        ...launchOptions,
        args: [...(launchOptions?.args ?? []), ...args],
        ...(baseURL !== undefined && { baseURL }),
        serviceWorkers: 'allow',
        ...options,
      }),
    kill: () => {
      killAll(`--user-data-dir=${folder}`);
    },
    // What was killed a moment ago may still let go of a file.
    remove: () => rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 }),
  };
}

/** Ends every process with this on its command line, and waits until they are gone. @throws Error where they stay. */
function killAll(pattern: string): void {
  // Both end with 1 where nothing matches; anything else is a failure to kill, which would pass for a survived kill.
  const run = (command: string, ...args: string[]): boolean => {
    const { status, stderr } = spawnSync(command, [...args, '--', pattern], { encoding: 'utf8' });
    if (status !== 0 && status !== 1) throw new Error(`${command}: ${stderr}`);
    return status === 0;
  };
  run('pkill', '-9', '-f');
  const until = Date.now() + 10_000;
  while (run('pgrep', '-f')) {
    if (Date.now() > until) throw new Error(`${pattern} was killed and goes on`);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
  }
}

/** Files of a profile that hold a word, as UTF-8 or UTF-16, by their paths in it. */
export async function filesHolding(folder: string, words: readonly string[]): Promise<readonly string[]> {
  const needles = words.flatMap((word) => [Buffer.from(word, 'utf8'), Buffer.from(word, 'utf16le')]);
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const found: string[] = [];
  for (const entry of entries) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const bytes = await readFile(path);
    if (needles.some((needle) => bytes.includes(needle))) found.push(relative(folder, path));
  }
  return found.sort();
}
