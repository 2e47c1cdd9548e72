import { AppError } from '../../errors/app-error.ts';
import type { ByteSource } from '../../lib/byte-source.ts';
import type { HashProgress } from '../run/workers/conversion-port.ts';
import { fromBase64, toBase64, type Hashing, type StreamHash } from '../run/hashing.ts';

/** The SHA-256 of each source file, fed as its bytes come by, from front to back, each byte once. */
export class SourceHasher {
  readonly #files: {
    readonly size: number;
    hash: StreamHash | null;
    position: number;
    sha256: string | null;
  }[];

  private constructor(
    files: { size: number; hash: StreamHash | null; position: number; sha256: string | null }[],
  ) {
    this.#files = files;
  }

  /** Goes on from what a journal remembers. Where a hash's state could not be saved, its file is hashed from the start. */
  static async begin(
    sources: readonly ByteSource[],
    hashing: Hashing,
    remembered: readonly HashProgress[],
  ): Promise<SourceHasher> {
    const files = await Promise.all(
      sources.map(async ({ size }, i) => {
        const known = remembered[i];
        if (typeof known?.sha256 === 'string')
          return { size, hash: null, position: size, sha256: known.sha256 };
        const resumed = known !== undefined && known.position <= size ? await resume(hashing, known) : null;
        if (resumed !== null) return { size, hash: resumed, position: known?.position ?? 0, sha256: null };
        return { size, hash: await hashing.sha256(), position: 0, sha256: null };
      }),
    );
    return new SourceHasher(files);
  }

  /** How far file `file` is hashed, in bytes. */
  position(file: number): number {
    return this.#files[file]?.position ?? 0;
  }

  /** Takes the part of a read that is new. Reads must leave no gap. */
  feed(file: number, offset: number, bytes: Uint8Array): void {
    const state = this.#files[file];
    if (!state?.hash) return;
    const end = offset + bytes.length;
    if (end <= state.position) return;
    if (offset > state.position) {
      throw new AppError('unknown', 'A hash missed bytes of its file', {
        file,
        offset,
        position: state.position,
      });
    }
    state.hash.update(bytes.subarray(state.position - offset));
    state.position = end;
    if (end === state.size) {
      state.sha256 = state.hash.digest();
      state.hash = null;
    }
  }

  /** For the journal. */
  progress(): HashProgress[] {
    return this.#files.map(({ hash, position, sha256 }) => {
      const saved = hash?.save() ?? null;
      return { position, sha256, state: saved === null ? null : toBase64(saved) };
    });
  }

  /** Null until the whole file has been fed. */
  sha256(file: number): string | null {
    return this.#files[file]?.sha256 ?? null;
  }
}

/** Null where there is no saved state, or one this implementation can't read: then the file is hashed anew. */
async function resume(hashing: Hashing, { state }: HashProgress): Promise<StreamHash | null> {
  if (state === null) return null;
  try {
    return await hashing.sha256(fromBase64(state));
  } catch (thrown) {
    if (thrown instanceof WebAssembly.RuntimeError) throw thrown;
    return null;
  }
}
