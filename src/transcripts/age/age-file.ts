/**
 * Backups that only a passphrase opens, in the public format of age (https://age-encryption.org/v1; the `age` program reads them:
 * `age -d backup.json.age`). Runs in a worker: its scrypt takes seconds on purpose.
 */
import { Decrypter, Encrypter } from 'age-encryption';
import { AppError } from '../../errors/app-error.ts';
import { MAX_BACKUP_BYTES } from '../format/limits.ts';

/** Around a backup of the largest size: a header of less than a kilobyte, and 16 bytes for every 64 KiB. */
const MAX_AGE_BYTES = MAX_BACKUP_BYTES + (MAX_BACKUP_BYTES / 65_536) * 16 + 4096;

/** @param logN scrypt's work factor; the library's own choice, as the age program's, is 18. */
export async function encryptFile(file: Blob, passphrase: string, logN = 18): Promise<Blob> {
  const encrypter = new Encrypter();
  encrypter.setScryptWorkFactor(logN);
  encrypter.setPassphrase(passphrase.normalize('NFC'));
  return gather(await encrypter.encrypt(file.stream()));
}

/**
 * What the library refuses by itself: work factors above 2^20. An age file holds no more than its own length, so nothing unpacks
 * to more than was chosen. @throws AppError `lock/wrong-passphrase`, `transcript/damaged`, `transcript/too-large`
 */
export async function decryptFile(file: Blob, passphrase: string): Promise<Blob> {
  if (file.size > MAX_AGE_BYTES)
    throw new AppError('transcript/too-large', `More than ${String(MAX_AGE_BYTES)} bytes`);
  const decrypter = new Decrypter();
  decrypter.addPassphrase(passphrase.normalize('NFC'));
  let plain: ReadableStream<Uint8Array>;
  try {
    plain = await decrypter.decrypt(file.stream());
  } catch (thrown) {
    const message = thrown instanceof Error ? thrown.message : String(thrown);
    // The library has one error for both; its words tell a key that does not fit from a header that is none.
    const code = /no identity matched|work factor/i.test(message)
      ? 'lock/wrong-passphrase'
      : 'transcript/damaged';
    throw new AppError(code, message, {}, { cause: thrown });
  }
  try {
    return await gather(plain);
  } catch (thrown) {
    throw new AppError('transcript/damaged', 'The file is cut short or changed', {}, { cause: thrown });
  }
}

async function gather(stream: ReadableStream<Uint8Array>): Promise<Blob> {
  const parts: Blob[] = [];
  const reader = stream.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return new Blob(parts);
    parts.push(new Blob([new Uint8Array(value)]));
  }
}
