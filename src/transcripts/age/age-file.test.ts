import { Decrypter } from 'age-encryption';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MAX_BACKUP_BYTES } from '../format/limits.ts';
import { isAgeFile } from './age-calls.ts';
import { decryptFile, encryptFile } from './age-file.ts';

const PASS = 'correct horse battery staple';

test('an encrypted backup is an age file that its passphrase opens, in any spelling, and no other', async () => {
  const text = 'words '.repeat(30_000);
  const file = await encryptFile(new Blob([text]), 'pässphrase', 10);
  expect(await isAgeFile(file)).toBe(true);
  expect(await file.text()).not.toContain('words');
  expect(await (await decryptFile(file, 'pässphrase'.normalize('NFD'))).text()).toBe(text);
  // As any program that knows the format reads it.
  const other = new Decrypter();
  other.addPassphrase('pässphrase');
  expect(await other.decrypt(new Uint8Array(await file.arrayBuffer()), 'text')).toBe(text);
  await expect(decryptFile(file, PASS)).rejects.toMatchObject({ code: 'lock/wrong-passphrase' });
  await expect(decryptFile(file.slice(0, file.size - 9), 'pässphrase')).rejects.toMatchObject({
    code: 'transcript/damaged',
  });
});

test('what is no age file ends in a typed error', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), fc.boolean(), async (bytes, headed) => {
      const file = new Blob(
        headed ? ['age-encryption.org/v1\n', new Uint8Array(bytes)] : [new Uint8Array(bytes)],
      );
      await expect(decryptFile(file, PASS)).rejects.toMatchObject({ code: 'transcript/damaged' });
    }),
  );
});

test('a backup of any size that Import reads may have been encrypted', async () => {
  const large = (size: number) =>
    Object.defineProperty(new Blob(['age-encryption.org/v1\n']), 'size', { value: size });
  await expect(decryptFile(large(MAX_BACKUP_BYTES), PASS)).rejects.toMatchObject({
    code: 'transcript/damaged',
  });
  await expect(decryptFile(large(2 * MAX_BACKUP_BYTES), PASS)).rejects.toMatchObject({
    code: 'transcript/too-large',
  });
});
