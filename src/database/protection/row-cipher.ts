/**
 * Seals rows with XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha-03): its nonces are long enough (24 bytes) to be drawn at random
 * for any number of rows. Synchronous on purpose: Web Crypto answers in a later task, and an IndexedDB transaction that waits
 * for one ends before it.
 */
import { xchacha20poly1305 } from '@noble/ciphers/chacha.js';
import { AppError } from '../../errors/app-error.ts';
import type { RowCipher } from './protect-rows.ts';
import { decodeRow, encodeRow } from './row-codec.ts';

export const KEY_BYTES = 32;
const NONCE_BYTES = 24;
const TAG_BYTES = 16;
/** Of the layout: one byte of it, the nonce, the text with its tag. */
const VERSION = 1;

const encoder = new TextEncoder();

/** @param key of `KEY_BYTES`; emptied by `forget`. */
export function rowCipher(key: Uint8Array<ArrayBuffer>): RowCipher {
  return {
    key,
    seal: (place, row) => seal(key, place, encodeRow(row)),
    open: (place, sealed) => decodeRow(unseal(key, place, sealed)),
    forget() {
      key.fill(0);
    },
  };
}

/** @param place what the bytes are and where they belong: elsewhere they don't open. */
export function seal(key: Uint8Array, place: string, plain: Uint8Array): Uint8Array<ArrayBuffer> {
  const sealed = new Uint8Array(1 + NONCE_BYTES + plain.length + TAG_BYTES);
  sealed[0] = VERSION;
  const nonce = crypto.getRandomValues(sealed.subarray(1, 1 + NONCE_BYTES));
  xchacha20poly1305(key, nonce, encoder.encode(place)).encrypt(plain, sealed.subarray(1 + NONCE_BYTES));
  return sealed;
}

/** @throws AppError `lock/damaged`: another key, another place, or changed bytes. */
export function unseal(key: Uint8Array, place: string, sealed: Uint8Array): Uint8Array {
  if (sealed[0] !== VERSION)
    throw new AppError('lock/damaged', `Sealed bytes of version ${String(sealed[0])}`);
  try {
    const nonce = sealed.subarray(1, 1 + NONCE_BYTES);
    return xchacha20poly1305(key, nonce, encoder.encode(place)).decrypt(sealed.subarray(1 + NONCE_BYTES));
  } catch (thrown) {
    throw new AppError(
      'lock/damaged',
      'Sealed bytes do not open',
      { place: place.split(' ')[0] ?? '' },
      { cause: thrown },
    );
  }
}
