import { createHash } from 'node:crypto';
import { wasmHashing, type Hashing } from '../transcode/hashing.ts';

/**
 * Node's own hashes: ten times as fast as WebAssembly where the CPU helps. Their state cannot be saved, so a resumed
 * conversion reads a source from its start again to hash it.
 */
export const nativeHashing: Hashing = {
  sha256() {
    const hash = createHash('sha256');
    return Promise.resolve({
      update: (bytes) => {
        hash.update(bytes);
      },
      digest: () => hash.digest('hex'),
      save: () => null,
    });
  },
  digest(bytes) {
    return Promise.resolve({
      md5: createHash('md5').update(bytes).digest('hex'),
      sha256: createHash('sha256').update(bytes).digest('hex'),
    });
  },
};

/** For sources behind a network: the source's hash can be continued after a stop, files are hashed natively. */
export const resumableHashing: Hashing = {
  sha256: (state) => wasmHashing.sha256(state),
  digest: (bytes) => nativeHashing.digest(bytes),
};
