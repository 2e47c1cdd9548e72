import fc from 'fast-check';
import { expect, test } from 'vitest';
import { checkSignature, fingerprintOf, makeSigningKey, sign } from './signature.ts';

const SHA = 'a'.repeat(64);

test('a signature fits what was signed, by whom and as what, and nothing else', async () => {
  const key = await makeSigningKey('Ward 3');
  const signature = await sign(key, 'transcript', SHA);
  const fingerprint = await fingerprintOf(key.publicKey);
  expect(fingerprint).toMatch(/^([0-9a-f]{4} ){4}[0-9a-f]{4}$/);
  expect(await checkSignature(signature, 'transcript', SHA)).toEqual({
    name: 'Ward 3',
    fingerprint,
    fits: true,
  });
  expect((await checkSignature(signature, 'transcript', 'b'.repeat(64)))?.fits).toBe(false);
  expect((await checkSignature(signature, 'bundle', SHA))?.fits).toBe(false);
  expect((await checkSignature({ ...signature, name: 'Ward 4' }, 'transcript', SHA))?.fits).toBe(false);
  const other = await sign(await makeSigningKey('Ward 3'), 'transcript', SHA);
  const mixed = { ...signature, publicKey: other.publicKey };
  expect((await checkSignature(mixed, 'transcript', SHA))?.fits).toBe(false);
  await expect(crypto.subtle.exportKey('pkcs8', key.privateKey)).rejects.toThrow();
});

test('what is no signature is none', async () => {
  await fc.assert(
    fc.asyncProperty(fc.anything(), async (value) => {
      expect(await checkSignature(value, 'run', SHA)).toBeNull();
    }),
  );
});
