/**
 * Who vouches for a file: an Ed25519 signature (RFC 8032, by Web Crypto) over what the file is, its SHA-256 and the signer's name.
 * It says that whoever holds the key signed exactly this; who that is, only a fingerprint learned another way can say.
 */
import { AppError } from '../../errors/app-error.ts';
import { z } from '../../lib/zod.ts';

export const signatureRecord = z.object({
  algorithm: z.literal('Ed25519'),
  /** As the signer calls themselves; one line. */
  // oxlint-disable-next-line no-control-regex -- no line can end in a name
  name: z.string().regex(/^[^\u0000-\u001f\u007f]{0,100}$/),
  /** 32 bytes, base64url. */
  publicKey: z.string().regex(/^[\w-]{43}$/),
  /** 64 bytes, base64url. */
  signature: z.string().regex(/^[\w-]{86}$/),
});

export type Signature = z.infer<typeof signatureRecord>;
export type SignedKind = 'transcript' | 'run' | 'bundle';

/** What there is to say of a signature. */
export interface Signed {
  readonly name: string;
  readonly fingerprint: string;
  /** null: this browser can't tell. */
  readonly fits: boolean | null;
}

export interface SigningKey {
  readonly name: string;
  readonly publicKey: CryptoKey;
  readonly privateKey: CryptoKey;
}

/** @throws AppError `lock/no-signing` where the browser has no Ed25519, or the page no Web Crypto. */
export async function makeSigningKey(name: string): Promise<SigningKey> {
  try {
    // The private half can be used and never read: not by the app, not by whoever copies the profile's files by hand.
    const pair = await subtle().generateKey('Ed25519', false, ['sign', 'verify']);
    return { name, publicKey: pair.publicKey, privateKey: pair.privateKey };
  } catch (thrown) {
    throw unavailable(thrown);
  }
}

/** @param sha256 lower-case hex, of the content. */
export async function sign(key: SigningKey, kind: SignedKind, sha256: string): Promise<Signature> {
  const raw = await subtle().exportKey('raw', key.publicKey);
  const signature = await subtle().sign('Ed25519', key.privateKey, statement(kind, sha256, key.name));
  return {
    algorithm: 'Ed25519',
    name: key.name,
    publicKey: toBase64Url(new Uint8Array(raw)),
    signature: toBase64Url(new Uint8Array(signature)),
  };
}

/** @param sha256 of the content as it is now. @returns null where there is no signature, or none of this form. */
export async function checkSignature(
  value: unknown,
  kind: SignedKind,
  sha256: string,
): Promise<Signed | null> {
  const parsed = signatureRecord.safeParse(value);
  if (!parsed.success) return null;
  const { name, publicKey, signature } = parsed.data;
  // Over plain http, or in an old browser: a file must come in all the same.
  if (!available()) return { name, fingerprint: '', fits: null };
  const raw = fromBase64Url(publicKey);
  const fingerprint = await fingerprintOf(raw);
  let key: CryptoKey;
  try {
    key = await subtle().importKey('raw', raw, 'Ed25519', true, ['verify']);
  } catch (thrown) {
    const unknown = thrown instanceof DOMException && thrown.name === 'NotSupportedError';
    return { name, fingerprint, fits: unknown ? null : false };
  }
  const fits = await subtle().verify('Ed25519', key, fromBase64Url(signature), statement(kind, sha256, name));
  return { name, fingerprint, fits };
}

/** The first 80 bits of the public key's SHA-256 in groups of four hex digits: short enough to be read out. */
export async function fingerprintOf(publicKey: Uint8Array<ArrayBuffer> | CryptoKey): Promise<string> {
  const raw =
    publicKey instanceof Uint8Array ? publicKey : new Uint8Array(await subtle().exportKey('raw', publicKey));
  const hash = new Uint8Array(await subtle().digest('SHA-256', raw));
  const hex = Array.from(hash.subarray(0, 10), (byte) => byte.toString(16).padStart(2, '0')).join('');
  return hex.replace(/(.{4})(?=.)/g, '$1 ');
}

function statement(kind: SignedKind, sha256: string, name: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(`Meditron Web signature, version 1\n${kind}\n${sha256}\n${name}\n`);
}

function available(): boolean {
  // Missing on insecure origins in spite of its type.
  return (globalThis.crypto as { readonly subtle?: SubtleCrypto }).subtle !== undefined;
}

function subtle(): SubtleCrypto {
  if (!available()) throw unavailable(null);
  return crypto.subtle;
}

function unavailable(cause: unknown): AppError {
  return cause instanceof AppError
    ? cause
    : new AppError('lock/no-signing', 'There is no Ed25519 in Web Crypto here', {}, { cause });
}

function toBase64Url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');
}

function fromBase64Url(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (letter) =>
    letter.charCodeAt(0),
  );
}
