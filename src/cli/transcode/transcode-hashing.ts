import { createHash } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { HashThread } from '../../transcode/run/workers/hash-thread.ts';
import { startLikeBrowsers } from './node-thread.ts';
import { wasmHashing, type Hashing } from '../../transcode/run/hashing.ts';

/** Hashed at a time: worker threads whose replies nobody takes stand still after some milliseconds. */
const SLICE_BYTES = 2 * 1024 * 1024;

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
        return Promise.resolve(bytes);
      },
      digest: () => Promise.resolve(hash.digest('hex')),
      save: () => null,
    });
  },
  async digest(bytes) {
    const md5 = createHash('md5');
    const sha256 = createHash('sha256');
    for (let at = 0; at < bytes.length; at += SLICE_BYTES) {
      const slice = bytes.subarray(at, at + SLICE_BYTES);
      md5.update(slice);
      sha256.update(slice);
      await setImmediate();
    }
    return { md5: md5.digest('hex'), sha256: sha256.digest('hex') };
  },
};

/** For sources behind a network: the source's hash can be continued after a stop, files are hashed natively. */
export const resumableHashing: Hashing = {
  sha256: (state) => wasmHashing.sha256(state),
  digest: (bytes) => nativeHashing.digest(bytes),
};

/** A thread that hashes a source while this one reads and converts. @param remote whether its hash must go on after a stop */
export function openHashThread(remote: boolean): HashThread {
  return new HashThread(
    () => startLikeBrowsers('transcode-hash-worker', { workerData: remote }),
    nativeHashing,
  );
}
