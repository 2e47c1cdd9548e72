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

/** Of rows that are open; a chat of 2,000 messages has about two million. */
const HELD_BYTES = 16 << 20;
/** Parts of the search index are read once. */
const LARGE_BYTES = 64 << 10;

const encoder = new TextEncoder();

/** @param key of `KEY_BYTES`; emptied by `forget`. */
export function rowCipher(key: Uint8Array<ArrayBuffer>): RowCipher {
  /** Every write to a chat has all of it read anew: what was opened a moment ago is not opened again. */
  const opened = new Map<string, { readonly mark: string; readonly plain: Uint8Array }>();
  let held = 0;
  return {
    key,
    seal: (place, row) => seal(key, place, encodeRow(row)),
    open(place, sealed) {
      if (sealed.length > LARGE_BYTES) return decodeRow(unseal(key, place, sealed));
      const mark = markOf(sealed);
      const known = opened.get(place);
      if (known?.mark === mark) return decodeRow(known.plain);
      const plain = unseal(key, place, sealed);
      held += plain.length - (known?.plain.length ?? 0);
      opened.set(place, { mark, plain });
      for (const [oldest, row] of opened) {
        if (held <= HELD_BYTES) break;
        opened.delete(oldest);
        held -= row.plain.length;
      }
      return decodeRow(plain);
    },
    forget() {
      key.fill(0);
      for (const { plain } of opened.values()) plain.fill(0);
      opened.clear();
      held = 0;
    },
  };
}

/** The nonce, drawn anew at every write, and the length. */
function markOf(sealed: Uint8Array): string {
  return `${String.fromCharCode(...sealed.subarray(1, 1 + NONCE_BYTES))}${String(sealed.length)}`;
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
