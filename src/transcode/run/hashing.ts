import { createMD5, createSHA256, type IHasher } from 'hash-wasm';
import { nextTurn } from '../../lib/worker/next-turn.ts';

/** Both hashes of a file, in lower-case hex: MD5 because the package format asks for it. */
export interface FileDigest {
  readonly md5: string;
  readonly sha256: string;
}

/** A hash over a stream, worked out on this thread or on another. */
export interface StreamHash {
  /**
   * Takes the next bytes, after what was given before has come back. Another thread has their memory until then:
   * use what comes back, which is the same bytes.
   */
  update(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>>;
  /** Lower-case hex. Ends the hash. */
  digest(): Promise<string>;
  /** The inner state after the last bytes, to go on from later; null where the implementation can't tell it. */
  save(): Uint8Array | null;
}

/** Hash implementations: pure WebAssembly here, the platform's own where a caller has faster ones. */
export interface Hashing {
  /** A SHA-256 from the beginning, or from a saved state. */
  sha256(state?: Uint8Array): Promise<StreamHash>;
  /** Both hashes of one finished file. */
  digest(bytes: Uint8Array<ArrayBuffer>): Promise<FileDigest>;
}

/** hash-wasm for streams and MD5; for the SHA-256 of whole files whichever of it and Web Crypto is faster here. */
export const wasmHashing: Hashing = {
  async sha256(state) {
    const hasher = await createSHA256();
    hasher.init();
    if (state !== undefined) hasher.load(state);
    return fromHasher(hasher);
  },
  async digest(bytes) {
    const md5 = await inSlices((await createMD5()).init(), bytes);
    return { md5, sha256: await sha256Of(bytes) };
  },
};

/** SHA-256 of a whole file, or of a part of one, in hex: by Web Crypto or WebAssembly, whichever is faster here. */
export async function sha256Of(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  if (bytes.length >= MIN_TIMED_BYTES) faster ??= fasterOn(bytes.subarray(0, TRIAL_BYTES));
  return faster !== null && (await faster) === 'wasm' ? wasmSha256(bytes) : platformSha256(bytes);
}

/** Shorter files are not worth a trial. */
const MIN_TIMED_BYTES = 8 * 1024 * 1024;
const TRIAL_BYTES = 2 * 1024 * 1024;
let faster: Promise<'platform' | 'wasm'> | null = null;

/**
 * Web Crypto has the processor's own instructions, but copies into fresh memory first, which on some machines costs more than
 * hashing in WebAssembly does.
 */
async function fasterOn(bytes: Uint8Array<ArrayBuffer>): Promise<'platform' | 'wasm'> {
  const ms = async (work: () => Promise<string>): Promise<number> => {
    await work(); // the first time is slower: the code is still being compiled
    const started = performance.now();
    await work();
    return performance.now() - started;
  };
  const platform = await ms(() => platformSha256(bytes));
  return (await ms(() => wasmSha256(bytes))) < platform ? 'wasm' : 'platform';
}

async function wasmSha256(bytes: Uint8Array): Promise<string> {
  return inSlices((await createSHA256()).init(), bytes);
}

async function platformSha256(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const { subtle } = globalThis.crypto as { readonly subtle?: SubtleCrypto }; // absent on plain http
  if (subtle === undefined) return wasmSha256(bytes);
  return toHex(new Uint8Array(await subtle.digest('SHA-256', bytes)));
}

/** Hashed between turns of the event loop: what else a thread has under way waits some milliseconds at most. */
const SLICE_BYTES = 2 * 1024 * 1024;

async function inSlices(hasher: IHasher, bytes: Uint8Array): Promise<string> {
  for (let at = 0; at < bytes.length; at += SLICE_BYTES) {
    if (at > 0) await nextTurn();
    hasher.update(bytes.subarray(at, at + SLICE_BYTES));
  }
  return hasher.digest('hex');
}

function fromHasher(hasher: IHasher): StreamHash {
  return {
    update: (bytes) => {
      hasher.update(bytes);
      return Promise.resolve(bytes);
    },
    digest: () => Promise.resolve(hasher.digest('hex')),
    save: () => hasher.save(),
  };
}

export function toHex(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += byte.toString(16).padStart(2, '0');
  return text;
}

/** Base64 of a saved state, for JSON. */
export function toBase64(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes));
}

export function fromBase64(text: string): Uint8Array {
  return Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
}
