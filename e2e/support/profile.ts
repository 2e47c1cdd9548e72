/** A browser profile on the disk of its own, and a look into its bytes when the browser is gone. */
import { execFileSync } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { chromium, test, type BrowserContext } from '@playwright/test';

export interface Profile {
  readonly folder: string;
  /** Opens a browser on it; one at a time. @param args more of the command line. */
  readonly open: (args?: readonly string[]) => Promise<BrowserContext>;
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
    open: (args = []) =>
      chromium.launchPersistentContext(folder, {
        ...launchOptions,
        args: [...(launchOptions?.args ?? []), ...args],
        ...(baseURL !== undefined && { baseURL }),
        serviceWorkers: 'allow',
      }),
    kill: () => {
      try {
        execFileSync('pkill', ['-9', '-f', `--user-data-dir=${folder}`]);
      } catch {
        // None is left.
      }
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  };
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
