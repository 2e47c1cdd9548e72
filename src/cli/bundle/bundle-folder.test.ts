import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { generateKeyPairSync } from 'node:crypto';
import { checkSums, readSigningKey, signSums } from './bundle-signature.ts';
import { UsageError } from '../transcode/transcode-args.ts';
import { emptyBundleFolder, inspectBundle, NOTE, NOTE_TITLE, SUMS, writeSums } from './bundle-folder.ts';

let place = '';
let root = '';
const at = (...path: string[]): string => join(root, ...path);

beforeEach(async () => {
  place = mkdtempSync(join(tmpdir(), 'bundle-folder-'));
  root = join(place, 'out');
  mkdirSync(at('models', 'm'), { recursive: true });
  writeFileSync(at('index.html'), '<!doctype html>');
  writeFileSync(at('models', 'm', 'a.bin'), 'weights');
  writeFileSync(at(NOTE), `${NOTE_TITLE}\n`);
  await writeSums(root);
});
afterEach(() => {
  rmSync(place, { recursive: true, force: true });
});

describe('a bundle’s folder', () => {
  it('is emptied where it is as it was made', async () => {
    await emptyBundleFolder(root);
    expect(readdirSync(root)).toEqual([]);
  });

  const changes: Readonly<Record<string, () => void>> = {
    'another file': () => {
      writeFileSync(at('thesis.docx'), 'three years');
    },
    'a folder of somebody’s': () => {
      mkdirSync(at('own'));
      writeFileSync(at('own', 'x'), '');
    },
    'a changed file': () => {
      writeFileSync(at('index.html'), 'edited');
    },
    'a link': () => {
      symlinkSync('/etc/hostname', at('models', 'link'));
    },
    'a link in place of a file': () => {
      rmSync(at('index.html'));
      symlinkSync(at(NOTE), at('index.html'));
    },
  };
  it.each(Object.entries(changes))('is left alone with %s in it', async (_, change) => {
    change();
    const before = readdirSync(root, { recursive: true });
    await expect(emptyBundleFolder(root)).rejects.toThrow(UsageError);
    expect(readdirSync(root, { recursive: true })).toEqual(before);
  });

  it('is left alone where its list is another program’s, all of it fitting', async () => {
    rmSync(at(NOTE));
    rmSync(at(SUMS));
    await writeSums(root);
    await expect(emptyBundleFolder(root)).rejects.toThrow(/holds other files/);
    expect(existsSync(at('index.html'))).toBe(true);
  });

  it.each(['../victim', '/tmp/victim', 'models/../../victim'])('never reaches outside: %s', async (path) => {
    writeFileSync(join(place, 'victim'), 'kept');
    writeFileSync(at(SUMS), `${readFileSync(at(SUMS), 'utf8')}${'0'.repeat(64)}  ${path}\n`);
    await expect(emptyBundleFolder(root)).rejects.toThrow(UsageError);
    expect(readFileSync(join(place, 'victim'), 'utf8')).toBe('kept');
  });

  it('is not emptied through a link', async () => {
    const link = join(place, 'link');
    symlinkSync(root, link);
    await expect(emptyBundleFolder(link)).rejects.toThrow(/is a link/);
    expect(existsSync(at('index.html'))).toBe(true);
  });

  it('is made where there is none', async () => {
    await emptyBundleFolder(join(place, 'new', 'one'));
    expect(readdirSync(join(place, 'new', 'one'))).toEqual([]);
  });
});

describe('what is not as it was made', () => {
  it('is nothing at first', async () => {
    expect(await inspectBundle(root)).toEqual({ listed: 3, changed: [], missing: [], added: [] });
    expect(await inspectBundle(place)).toBeNull();
  });

  it('is named: changed, missing and added', async () => {
    writeFileSync(at('index.html'), '<!doctype html><script src=x>');
    rmSync(at('models', 'm', 'a.bin'));
    writeFileSync(at('models', 'm', 'extra.js'), '');
    symlinkSync('/etc/hostname', at('link'));
    expect(await inspectBundle(root)).toEqual({
      listed: 3,
      changed: ['index.html'],
      missing: ['models/m/a.bin'],
      added: expect.arrayContaining(['models/m/extra.js', 'link']) as unknown,
    });
  });
});

describe('a signature', () => {
  const keyFile = (type: 'ed25519' | 'x25519'): string => {
    const path = join(place, `${type}.pem`);
    const { privateKey } =
      type === 'ed25519' ? generateKeyPairSync('ed25519') : generateKeyPairSync('x25519');
    writeFileSync(path, privateKey.export({ type: 'pkcs8', format: 'pem' }));
    return path;
  };

  it('says who signed the list, and that it no longer fits one made anew', async () => {
    expect(await checkSums(root)).toBeNull();
    const fingerprint = await signSums(
      root,
      await readSigningKey({ key: keyFile('ed25519'), name: 'Site A' }),
    );
    expect(await checkSums(root)).toEqual({ name: 'Site A', fingerprint, fits: true });
    expect(await inspectBundle(root)).toMatchObject({ changed: [], missing: [], added: [] });
    writeFileSync(at('index.html'), 'edited');
    rmSync(at(SUMS));
    rmSync(join(place, 'sig'), { force: true });
    const signature = readFileSync(at('SHA256SUMS.sig'));
    rmSync(at('SHA256SUMS.sig'));
    await writeSums(root);
    writeFileSync(at('SHA256SUMS.sig'), signature);
    expect(await checkSums(root)).toEqual({ name: 'Site A', fingerprint, fits: false });
    writeFileSync(at('SHA256SUMS.sig'), 'nonsense');
    expect((await checkSums(root))?.fits).toBe(false);
  });

  it('is made with an Ed25519 key and no other', async () => {
    await expect(readSigningKey({ key: keyFile('x25519'), name: '' })).rejects.toThrow(UsageError);
    await expect(readSigningKey({ key: at(NOTE), name: '' })).rejects.toThrow(UsageError);
  });
});
