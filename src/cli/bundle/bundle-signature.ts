/** Who vouches for a bundle: a signature of its list of hashes, beside it. */
import { createPrivateKey, createPublicKey } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  checkSignature,
  fingerprintOf,
  sign,
  type Signed,
  type SigningKey,
} from '../../formats/signature/signature.ts';
import { UsageError } from '../transcode/transcode-args.ts';
import { readText, sha256, SIGNATURE, SUMS } from './bundle-folder.ts';

/** A signature has 300 bytes. */
const MAX_BYTES = 4096;

/** @throws UsageError where the file holds no Ed25519 key, or the name is none. */
export async function readSigningKey({ key, name }: { key: string; name: string }): Promise<SigningKey> {
  let text: string;
  try {
    text = await readFile(key, 'utf8');
  } catch (thrown) {
    throw new UsageError(`${key} can’t be read: ${String(thrown)}`);
  }
  return parseSigningKey(text, name);
}

/** @param text PEM (PKCS #8). @throws UsageError where it is no Ed25519 key, or the name is none. */
export async function parseSigningKey(text: string, name: string): Promise<SigningKey> {
  if (name.length > 100 || /\p{Cc}/u.test(name))
    throw new UsageError('--signer is one line of at most 100 letters');
  try {
    const pem = createPrivateKey(text);
    if (pem.asymmetricKeyType !== 'ed25519') throw new UsageError('the key is no Ed25519 key');
    const raw = createPublicKey(pem).export({ format: 'jwk' });
    return {
      name,
      privateKey: await crypto.subtle.importKey(
        'pkcs8',
        pem.export({ format: 'der', type: 'pkcs8' }),
        'Ed25519',
        false,
        ['sign'],
      ),
      publicKey: await crypto.subtle.importKey('jwk', raw, 'Ed25519', true, ['verify']),
    };
  } catch (thrown) {
    if (thrown instanceof UsageError) throw thrown;
    // Of the error's own words none: they may hold a part of the key.
    throw new UsageError('the key can’t be read as a private key', { cause: thrown });
  }
}

/** @returns the key's fingerprint. */
export async function signSums(root: string, key: SigningKey): Promise<string> {
  const signature = await sign(key, 'bundle', await sha256(join(root, SUMS)));
  await writeFile(join(root, SIGNATURE), `${JSON.stringify(signature)}\n`, { flag: 'wx' });
  return fingerprintOf(key.publicKey);
}

/** @returns null where the bundle is not signed. A file there that is no signature fits nothing. */
export async function checkSums(root: string): Promise<Signed | null> {
  const text = await readText(join(root, SIGNATURE), MAX_BYTES);
  if (text === null) return null;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // Said below, as of any other text.
    value = null;
  }
  const signed = await checkSignature(value, 'bundle', await sha256(join(root, SUMS)));
  return signed ?? { name: '', fingerprint: '', fits: false };
}
