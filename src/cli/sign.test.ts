import { generateKeyPairSync } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { checkSums } from './bundle/bundle-signature.ts';
import { inspectBundle } from './bundle/bundle-folder.ts';
import { signFolder } from './sign.ts';

const PEM = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
const WHOLE = { changed: [], missing: [], added: [] };

let place = '';
beforeEach(() => {
  place = mkdtempSync(join(tmpdir(), 'sign-'));
  for (const name of ['dist', 'again']) {
    mkdirSync(join(place, name, 'assets'), { recursive: true });
    writeFileSync(join(place, name, 'index.html'), '<!doctype html>');
    writeFileSync(join(place, name, 'assets/a.js'), 'x');
  }
});
afterEach(() => {
  rmSync(place, { recursive: true, force: true });
});

test('a release is listed and signed, by a key from a file or the environment, the same bytes each time', async () => {
  const [dist, again] = [join(place, 'dist'), join(place, 'again')];
  const said = await signFolder([dist], { SIGNING_KEY: PEM, SIGNER: 'The site' });
  const signed = await checkSums(dist);
  expect(signed).toMatchObject({ name: 'The site', fits: true });
  expect(said).toContain(
    `2 files, listed in SHA256SUMS.\nSigned by “The site”, key ${signed?.fingerprint ?? ''}.`,
  );
  expect(await inspectBundle(dist)).toEqual({ listed: 2, ...WHOLE });
  const file = join(place, 'KEY.pem');
  writeFileSync(file, PEM);
  await signFolder([again, '--sign', file, '--signer', 'The site'], {});
  for (const name of ['SHA256SUMS', 'SHA256SUMS.sig'])
    expect(readFileSync(join(again, name), 'utf8')).toBe(readFileSync(join(dist, name), 'utf8'));
  // Whoever builds the same release holds their own files against the published list and signature.
  writeFileSync(join(again, 'assets/a.js'), 'other');
  expect(await inspectBundle(again)).toMatchObject({ changed: ['assets/a.js'] });
});

test('without a key only the list is written, which can be signed later while it fits', async () => {
  const dist = join(place, 'dist');
  expect(await signFolder([dist], { SIGNING_KEY: '' })).toContain('Not signed');
  expect(await checkSums(dist)).toBeNull();
  writeFileSync(join(dist, 'added.js'), 'x');
  await expect(signFolder([dist], { SIGNING_KEY: PEM })).rejects.toThrow(/does not fit/);
  rmSync(join(dist, 'added.js'));
  await signFolder([dist], { SIGNING_KEY: PEM });
  expect(await checkSums(dist)).toMatchObject({ fits: true });
  await expect(signFolder([dist], { SIGNING_KEY: PEM })).rejects.toThrow(/signed already/);
});

test('what is wrong is found before anything is written, and no word of a key is said', async () => {
  const dist = join(place, 'dist');
  for (const [args, environment] of [
    [[], {}],
    [[place], {}],
    [[dist, '--sign', join(place, 'none.pem')], {}],
    [[dist, '--other'], {}],
    [[dist], { SIGNING_KEY: PEM.replace('PRIVATE', 'SECRET') }],
    [[dist], { SIGNING_KEY: PEM, SIGNER: 'two\nlines' }],
  ] as const) {
    const failure = await signFolder(args, environment).catch((thrown: unknown) => String(thrown));
    expect(failure).toMatch(/^UsageError|^Error/);
    expect(failure).not.toContain(PEM.split('\n')[1]);
  }
  expect(await inspectBundle(dist)).toBeNull();
});
