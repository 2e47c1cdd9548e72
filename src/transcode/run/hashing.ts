import { createMD5, createSHA256, type IHasher } from 'hash-wasm';

/** Both hashes of a file, in lower-case hex: MD5 because the package format asks for it. */
export interface FileDigest {
  readonly md5: string;
  readonly sha256: string;
}

/** A hash over a stream. */
export interface StreamHash {
  update(bytes: Uint8Array): void;
  /** Lower-case hex. Ends the hash. */
  digest(): string;
  /** The inner state, to go on from later; null where the implementation can't tell it. */
  save(): Uint8Array | null;
}

/** Hash implementations: pure WebAssembly here, the platform's own where a caller has faster ones. */
export interface Hashing {
  /** A SHA-256 from the beginning, or from a saved state. */
  sha256(state?: Uint8Array): Promise<StreamHash>;
  /** Both hashes of one finished file. */
  digest(bytes: Uint8Array<ArrayBuffer>): Promise<FileDigest>;
}

/** hash-wasm for streams and MD5; Web Crypto for whole files where the context is secure, for it is many times faster. */
export const wasmHashing: Hashing = {
  async sha256(state) {
    const hasher = await createSHA256();
    hasher.init();
    if (state !== undefined) hasher.load(state);
    return fromHasher(hasher);
  },
  async digest(bytes) {
    const md5 = (await createMD5()).init().update(bytes).digest('hex');
    const { subtle } = globalThis.crypto as { readonly subtle?: SubtleCrypto }; // absent on plain http
    if (subtle === undefined)
      return { md5, sha256: (await createSHA256()).init().update(bytes).digest('hex') };
    return { md5, sha256: toHex(new Uint8Array(await subtle.digest('SHA-256', bytes))) };
  },
};

function fromHasher(hasher: IHasher): StreamHash {
  return {
    update: (bytes) => {
      hasher.update(bytes);
    },
    digest: () => hasher.digest('hex'),
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
