/** A browser profile on the disk of its own, and a look into its bytes when the browser is gone. */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { chromium, test, type BrowserContext } from '@playwright/test';

export interface Profile {
  readonly folder: string;
  /** Opens a browser on it; one at a time. */
  readonly open: () => Promise<BrowserContext>;
  readonly remove: () => Promise<void>;
}

export async function makeProfile(): Promise<Profile> {
  const folder = await mkdtemp(join(tmpdir(), 'meditron-profile-'));
  const { baseURL, launchOptions } = test.info().project.use;
  return {
    folder,
    open: () =>
      chromium.launchPersistentContext(folder, {
        ...launchOptions,
        ...(baseURL !== undefined && { baseURL }),
        serviceWorkers: 'allow',
      }),
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
