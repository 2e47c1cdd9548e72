import { nextTurn } from '../../lib/worker/next-turn.ts';
import { wasmHashing, type Hashing, type StreamHash } from '../run/hashing.ts';

/** Hashes as another thread does: takes the memory it is given, and gives it back some turns later. */
export const hashingElsewhere: Hashing = {
  async sha256(state) {
    const hash = await wasmHashing.sha256(state);
    return {
      ...hash,
      update: async (bytes) => {
        const taken = structuredClone(bytes, { transfer: [bytes.buffer] });
        for (let turn = 0; turn < 3; turn += 1) await nextTurn();
        return hash.update(taken);
      },
      digest: async () => {
        await nextTurn();
        return hash.digest();
      },
    } satisfies StreamHash;
  },
  digest: (bytes) => wasmHashing.digest(bytes),
};
