/** What a build is made of and what came out: `build.json` beside the page, which the About screen shows. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative, resolve, sep } from 'node:path';
import type { Plugin } from 'vite';

const ROOT = resolve(import.meta.dirname, '../../..');
export const BUILD_RECORD = 'build.json';

/** @returns the commit that is built, with a `+` where files differ from it; empty outside a repository (a source archive). */
export function commitHere(root = ROOT): string {
  const git = (...args: string[]): string =>
    execFileSync('git', args, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  try {
    // Another repository around an unpacked archive is not this one's.
    if (resolve(git('rev-parse', '--show-toplevel')) !== root) return '';
    return git('rev-parse', 'HEAD') + (git('status', '--porcelain') === '' ? '' : '+');
  } catch {
    return '';
  }
}

/** SHA-256 of every file under a folder, by its path from there. */
export function hashFolder(root: string): Map<string, string> {
  const files = readdirSync(root, { recursive: true, withFileTypes: true }).filter((each) => each.isFile());
  return new Map(
    files.map((each) => {
      const path = join(each.parentPath, each.name);
      const hash = createHash('sha256').update(readFileSync(path)).digest('hex');
      return [relative(root, path).split(sep).join('/'), hash];
    }),
  );
}

/** One hash for a build: of the list that `sha256sum` would print of its files in the order of their names, the record itself left out. */
export function hashOfBuild(files: ReadonlyMap<string, string>): string {
  const whole = createHash('sha256');
  for (const [path, hash] of [...files].sort(([a], [b]) => (a < b ? -1 : 1)))
    if (path !== BUILD_RECORD) whole.update(`${hash}  ${path}\n`);
  return whole.digest('hex');
}

/** Comes last: the service worker is written when everything else is. */
export function buildRecord(): Plugin {
  let folder = '';
  return {
    name: 'build-record',
    apply: 'build',
    configResolved(config) {
      folder = resolve(config.root, config.build.outDir);
    },
    closeBundle: {
      order: 'post',
      sequential: true,
      handler() {
        // A build that failed leaves nothing to describe.
        if (!existsSync(join(folder, 'index.html'))) return;
        const record = { commit: commitHere(), sha256: hashOfBuild(hashFolder(folder)) };
        writeFileSync(join(folder, BUILD_RECORD), `${JSON.stringify(record)}\n`);
      },
    },
  };
}
