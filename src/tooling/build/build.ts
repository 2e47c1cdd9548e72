/** Builds the app when something it is made of is newer than the last build. */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { build } from 'vite';

export const ROOT = resolve(import.meta.dirname, '../../..');
const INPUTS = ['src', 'public', 'model-config', 'index.html', 'vite.config.ts', 'package-lock.json'];
const OUTPUT = join(ROOT, 'dist/index.html');

/** @returns whether it was needed. @throws whatever the build throws. */
export async function buildIfNeeded(): Promise<boolean> {
  if (existsSync(OUTPUT) && statSync(OUTPUT).mtimeMs >= newest(INPUTS.map((name) => join(ROOT, name)))) {
    return false;
  }
  console.log('Building the app…');
  await buildTo(join(ROOT, 'dist'));
  return true;
}

/** Builds into a folder, which is emptied first. @throws whatever the build throws. */
export async function buildTo(folder: string): Promise<void> {
  const environment = process.env.NODE_ENV;
  try {
    await build({ root: ROOT, logLevel: 'warn', build: { outDir: folder, emptyOutDir: true } });
  } finally {
    // Vite leaves "production" behind, and React's test helpers are missing from production builds.
    if (environment === undefined) delete process.env.NODE_ENV;
    else process.env.NODE_ENV = environment;
  }
}

/** When any of the files in these places was last changed, in milliseconds since 1970; a place that is not there counts 0. */
export function newest(paths: readonly string[]): number {
  return Math.max(0, ...paths.map(changed));
}

function changed(path: string): number {
  if (!existsSync(path)) return 0;
  const stat = statSync(path);
  if (!stat.isDirectory()) return stat.mtimeMs;
  return Math.max(stat.mtimeMs, newest(readdirSync(path).map((name) => join(path, name))));
}
