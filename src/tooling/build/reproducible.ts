/**
 * `npm run reproduce`: builds the app twice and compares every file, so that anyone can rebuild a release and hold its hashes
 * against the published ones. A folder named on the command line is the first build: one made a moment ago, of this commit.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hashFolder, hashOfBuild } from './build-record.ts';
import { buildTo } from './build.ts';

/** @returns the paths that are in one folder only or differ. */
export function differences(
  a: ReadonlyMap<string, string>,
  b: ReadonlyMap<string, string>,
): readonly string[] {
  return [...new Set([...a.keys(), ...b.keys()])].filter((path) => a.get(path) !== b.get(path)).sort();
}

if (process.argv[1] === import.meta.filename) {
  const [made] = process.argv.slice(2);
  const folders = (made === undefined ? [1, 2] : [2]).map((n) => mkdtempSync(join(tmpdir(), `build-${n}-`)));
  try {
    const hashes: Map<string, string>[] = made === undefined ? [] : [hashFolder(made)];
    for (const folder of folders) {
      await buildTo(folder);
      hashes.push(hashFolder(folder));
    }
    const [one = new Map<string, string>(), two = new Map<string, string>()] = hashes;
    const different = differences(one, two);
    if (different.length === 0)
      console.log(`✓ ${one.size} files, the same in both builds: ${hashOfBuild(one)}`);
    else {
      console.log(`✗ different in two builds: ${different.join(', ')}`);
      process.exitCode = 1;
    }
  } finally {
    for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  }
}
