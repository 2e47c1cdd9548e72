/**
 * The passphrase's row: a random key, wrapped by a key that Argon2id makes of the passphrase (RFC 9106; the second of its
 * recommended sets of parameters, for where memory is short: 64 MiB, 3 passes, 4 lanes). The data is sealed with the random key,
 * so that a new passphrase wraps it anew and leaves the data as it is. Where nothing is encrypted the same row is the lock's
 * verifier: who unwraps its key knows the passphrase.
 */
import { argon2id } from 'hash-wasm';
import { KEY_BYTES, seal, unseal } from '../database/protection/row-cipher.ts';
import { AppError } from '../errors/app-error.ts';
import { z } from '../lib/zod.ts';
import { LEAST_CHARACTERS } from './passphrase-fields.tsx';

/** Its row in `settings`, which is never sealed. */
export const VAULT_ROW = 'vault';
const SALT_BYTES = 16;
const PLACE = 'vault';

const bytes = z.instanceof(Uint8Array);

export const vaultRecord = z.object({
  version: z.literal(1),
  kdf: z.object({
    name: z.literal('argon2id'),
    /** Of whoever wrote it: bounded, so that a changed row can't take all memory. */
    memoryKiB: z.number().int().min(8192).max(1_048_576),
    passes: z.number().int().min(1).max(16),
    lanes: z.number().int().min(1).max(16),
    salt: bytes,
  }),
  wrapped: bytes,
  /** Whether rows are sealed. */
  encrypted: z.boolean(),
  /** Under way: rows of both kinds are there, and it goes on wherever the app is opened next. */
  converting: z.boolean(),
});

export type VaultRecord = z.infer<typeof vaultRecord>;

export const KDF = { name: 'argon2id', memoryKiB: 65_536, passes: 3, lanes: 4 } as const;

/** @throws AppError `lock/damaged` */
export function readVault(value: unknown): VaultRecord {
  const parsed = vaultRecord.safeParse(value);
  if (!parsed.success) throw new AppError('lock/damaged', 'The passphrase’s row is none of this app’s');
  return parsed.data;
}

/** @throws AppError `lock/short-passphrase` */
export async function createVault(passphrase: string, cost: VaultCost = KDF): Promise<VaultRecord> {
  const key = crypto.getRandomValues(new Uint8Array(KEY_BYTES));
  const parts = await wrap(key, passphrase, cost);
  key.fill(0);
  return { version: 1, ...parts, encrypted: false, converting: false };
}

/** What an attempt costs; tests take less. */
export type VaultCost = Pick<VaultRecord['kdf'], 'name' | 'memoryKiB' | 'passes' | 'lanes'>;

/** The data's key. @throws AppError `lock/wrong-passphrase` */
export async function unwrap(
  { kdf, wrapped }: VaultRecord,
  passphrase: string,
): Promise<Uint8Array<ArrayBuffer>> {
  const outer = await derive(passphrase, kdf);
  try {
    return new Uint8Array(unseal(outer, PLACE, wrapped));
  } catch (thrown) {
    throw new AppError('lock/wrong-passphrase', 'The key does not unwrap', {}, { cause: thrown });
  } finally {
    outer.fill(0);
  }
}

/** The same key under another passphrase. @throws AppError `lock/wrong-passphrase`, `lock/short-passphrase` */
export async function rewrap(
  vault: VaultRecord,
  from: string,
  to: string,
  cost: VaultCost = KDF,
): Promise<VaultRecord> {
  const key = await unwrap(vault, from);
  const parts = await wrap(key, to, cost);
  key.fill(0);
  return { ...vault, ...parts };
}

async function wrap(
  key: Uint8Array,
  passphrase: string,
  cost: VaultCost,
): Promise<Pick<VaultRecord, 'kdf' | 'wrapped'>> {
  if (passphrase.normalize('NFC').length < LEAST_CHARACTERS)
    throw new AppError('lock/short-passphrase', `Fewer than ${String(LEAST_CHARACTERS)} characters`);
  const { name, memoryKiB, passes, lanes } = cost;
  const kdf = { name, memoryKiB, passes, lanes, salt: crypto.getRandomValues(new Uint8Array(SALT_BYTES)) };
  const outer = await derive(passphrase, kdf);
  const wrapped = seal(outer, PLACE, key);
  outer.fill(0);
  return { kdf, wrapped };
}

async function derive(passphrase: string, kdf: VaultRecord['kdf']): Promise<Uint8Array> {
  return argon2id({
    // One text has several spellings in Unicode, and keyboards differ in which they type.
    password: passphrase.normalize('NFC'),
    salt: kdf.salt,
    memorySize: kdf.memoryKiB,
    iterations: kdf.passes,
    parallelism: kdf.lanes,
    hashLength: KEY_BYTES,
    outputType: 'binary',
  });
}
