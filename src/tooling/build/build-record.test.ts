import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { commitHere, hashFolder, hashOfBuild } from './build-record.ts';

it('gives a build the hash that sha256sum gives its list, whatever its own record says', () => {
  const root = mkdtempSync(join(tmpdir(), 'build-record-'));
  try {
    mkdirSync(join(root, 'assets'));
    for (const [name, text] of Object.entries({ 'index.html': 'a', 'assets/b.js': 'b', 'config.json': 'c' }))
      writeFileSync(join(root, name), text);
    const list = execFileSync('sha256sum', ['assets/b.js', 'config.json', 'index.html'], { cwd: root });
    const expected = execFileSync('sha256sum', { input: list, encoding: 'utf8' }).slice(0, 64);
    expect(hashOfBuild(hashFolder(root))).toBe(expected);
    writeFileSync(join(root, 'build.json'), '{}');
    expect(hashOfBuild(hashFolder(root))).toBe(expected);
    writeFileSync(join(root, 'assets/b.js'), 'changed');
    expect(hashOfBuild(hashFolder(root))).not.toBe(expected);
  } finally {
    rmSync(root, { recursive: true });
  }
});

it('names the commit, and none outside a repository', () => {
  expect(commitHere()).toMatch(/^([0-9a-f]{40}\+?)?$/);
  expect(commitHere(tmpdir())).toBe('');
});
