import { describe, expect, it } from 'vitest';
import { AppError, type ErrorCode } from '../errors/app-error.ts';
import type { ByteSource } from '../lib/byte-source.ts';
import { httpFolder } from './http-folder.ts';

const file = (name: string, size = 10): ByteSource => ({
  name,
  size,
  read: () => Promise.reject(new Error('not read here')),
});
const failing = (code: ErrorCode) => () => Promise.reject(new AppError(code, 'no'));
const missing = new AppError('transcode/missing-file', 'config.json is missing', { file: 'config.json' });

describe('a file of a folder', () => {
  it.each([
    'bytes/not-found',
    'bytes/forbidden',
    'bytes/html-instead',
    'bytes/range-not-satisfiable',
  ] as const)('is not there where its host answers %s', async (code) => {
    expect(await httpFolder(failing(code)).open('added_tokens.json')).toBeNull();
  });

  it('is not there where it is empty', async () => {
    expect(await httpFolder((name) => Promise.resolve(file(name, 0))).open('tokenizer.model')).toBeNull();
  });

  it.each(['bytes/offline', 'bytes/cors', 'bytes/http-status', 'network/offline-only', 'aborted'] as const)(
    'is not taken for missing on %s',
    async (code) => {
      await expect(httpFolder(failing(code)).open('x')).rejects.toMatchObject({ code });
    },
  );

  it('that is missing is a refusal where the host refuses everything', async () => {
    for (const code of ['bytes/forbidden', 'bytes/html-instead'] as const) {
      const folder = httpFolder(failing(code));
      await folder.open('config.json');
      expect(folder.explain(missing)).toMatchObject({ code });
    }
    const folder = httpFolder((name) =>
      name === 'config.json' ? Promise.resolve(file(name)) : failing('bytes/forbidden')(),
    );
    await folder.open('config.json');
    await folder.open('model.safetensors');
    expect(folder.explain(missing)).toBe(missing);
    const nothing = httpFolder(failing('bytes/not-found'));
    await nothing.open('config.json');
    expect(nothing.explain(missing)).toBe(missing);
  });
});
