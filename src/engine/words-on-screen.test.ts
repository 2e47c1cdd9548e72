/** No sentence may say that words stay on this machine without having asked where they go: the sources of all screens are read. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

/** What holds only without a server. */
const CLAIM =
  /\b(?:models? )?(?:runs?|answers?|stays?) (?:on (?:this|your) machine|inside (?:this|your) browser)|sent nowhere|goes nowhere|(?:is|are) never sent|nothing (?:is sent|leaves) /i;
const ASKS = /\b(?:useWordsGoTo|wordsGoTo)\(/;
/** Texts that others show, which ask; and facts that hold with a server, too. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  'notice/text.ts': 'shown by notice-gate.tsx, which passes the server on',
};

function sources(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(
    (path) => /\.tsx?$/.test(path) && !/\.test\.tsx?$/.test(path) && !/^(?:cli|tooling)\//.test(path),
  );
}

/** Without comments: nobody reads them on screen. */
function words(text: string): string {
  return text.replaceAll(/\/\*[\s\S]*?\*\//g, '').replaceAll(/^\s*\/\/.*$/gm, '');
}

const src = join(import.meta.dirname, '..');
const claiming = sources(src)
  .map((path) => ({ path, text: words(readFileSync(join(src, path), 'utf8')) }))
  .filter(({ text }) => CLAIM.test(text));

it('finds the sentences it is about', () => {
  expect(claiming.map(({ path }) => path)).toEqual(
    expect.arrayContaining([
      'app/settings/network-settings.tsx',
      'app/settings/privacy-settings.tsx',
      'exams/screen/home-screen.tsx',
      'models/screen/models-screen.tsx',
      'notice/text.ts',
    ]),
  );
});

it('lets no screen promise that words stay here without asking where they go', () => {
  expect(
    claiming
      .filter(({ path, text }) => !(path in ELSEWHERE) && !ASKS.test(text))
      .map(({ path, text }) => `${path}: ${CLAIM.exec(text)?.[0] ?? ''}`),
  ).toEqual([]);
});
