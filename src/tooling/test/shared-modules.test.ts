/** Unit tests of one worker share their modules and globals (see `vite.config.ts`): each leaves both as it found them. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ROOT } from '../build/build.ts';

const tests = ['src', 'model-config'].flatMap((folder) =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((path) => /\.test\.tsx?$/.test(path))
    .map((path) => ({ path, text: readFileSync(join(ROOT, folder, path), 'utf8') })),
);
const where = (holds: (text: string) => boolean): readonly string[] =>
  tests
    .filter(({ path, text }) => !path.endsWith('shared-modules.test.ts') && holds(text))
    .map(({ path }) => path);

describe('tests that share a worker', () => {
  it('are many', () => {
    expect(tests.length).toBeGreaterThan(150);
  });

  it('put other modules in the place of real ones only in files named *.mocked.test.ts, which run alone', () => {
    const mocking = where((text) => /\bvi\.(mock|doMock|resetModules)\(/.test(text));
    expect(mocking.filter((path) => !path.endsWith('.mocked.test.ts'))).toEqual([]);
  });

  it('give back the globals and the clock they change', () => {
    expect(
      where((text) => text.includes('vi.stubGlobal(') && !text.includes('vi.unstubAllGlobals(')),
    ).toEqual([]);
    expect(
      where((text) => text.includes('vi.useFakeTimers(') && !text.includes('vi.useRealTimers(')),
    ).toEqual([]);
  });
});
