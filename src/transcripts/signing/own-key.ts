/** This browser's key for signing, if a person made one. Its private half can be used here, and read nowhere. */
import { conversationStore, type Store, write } from '../../conversations/data/store.ts';
import {
  fingerprintOf,
  makeSigningKey,
  sign,
  type Signature,
  type SignedKind,
  type SigningKey,
} from '../../formats/signature/signature.ts';

/** Its row in `settings`. */
const ROW = 'signing-key';

export interface OwnKey {
  readonly name: string;
  readonly fingerprint: string;
}

/** @throws AppError `lock/no-signing`, `storage/*` */
export async function makeOwnKey(store: Store, name: string): Promise<OwnKey> {
  const key = await makeSigningKey(
    name
      .replace(/\p{Cc}+/gu, ' ')
      .trim()
      .slice(0, 100),
  );
  await write(store, () => store.db.settings.put({ key: ROW, value: key }));
  return { name: key.name, fingerprint: await fingerprintOf(key.publicKey) };
}

/** What was signed stays signed; nothing more can be. */
export async function removeOwnKey(store: Store): Promise<void> {
  await write(store, () => store.db.settings.delete(ROW));
}

export async function ownKey(store: Store): Promise<OwnKey | null> {
  const key = await read(store);
  return key && { name: key.name, fingerprint: await fingerprintOf(key.publicKey) };
}

/** @returns how to sign, or null where no key was made. */
export async function ownSigner(kind: SignedKind): Promise<((sha256: string) => Promise<Signature>) | null> {
  const key = await read(await conversationStore());
  return key && ((sha256) => sign(key, kind, sha256));
}

async function read({ db }: Store): Promise<SigningKey | null> {
  const value: unknown = (await db.settings.get(ROW))?.value;
  if (typeof value !== 'object' || value === null) return null;
  const { name, publicKey, privateKey } = value as Partial<Record<keyof SigningKey, unknown>>;
  return typeof name === 'string' && publicKey instanceof CryptoKey && privateKey instanceof CryptoKey
    ? { name, publicKey, privateKey }
    : null;
}
