import { AppError } from '../../errors/app-error.ts';
import type { OutputTensor, Plan, PlannedShard } from '../plan/plan.ts';

/**
 * Holds the shards being filled. A shard's memory is taken when its first tensor begins and given back when the shard
 * is stored, so that what is held stays near `Plan.peakBytes`.
 */
export class ShardAssembler {
  readonly #shards: readonly PlannedShard[];
  readonly #open = new Map<number, { readonly bytes: Uint8Array<ArrayBuffer>; missing: number }>();
  readonly #spare: ArrayBuffer[] = [];
  readonly #done: ReadonlySet<number>;
  readonly #onFull: (index: number, bytes: Uint8Array<ArrayBuffer>) => void;

  /**
   * @param done shards stored by an earlier run: what is meant for them is dropped
   * @param onFull gets a complete shard; its memory stays taken until `release`
   */
  constructor(
    plan: Plan,
    done: ReadonlySet<number>,
    onFull: (index: number, bytes: Uint8Array<ArrayBuffer>) => void,
  ) {
    this.#shards = plan.shards;
    this.#done = done;
    this.#onFull = onFull;
  }

  /** Whether the tensor's shard still has to be made. */
  isWanted(tensor: OutputTensor): boolean {
    return !this.#done.has(tensor.shard);
  }

  /** Copies a tensor's bytes into place; `at` counts from the tensor's start. Each byte must come exactly once. */
  write(tensor: OutputTensor, at: number, bytes: Uint8Array): void {
    const shard = this.#acquire(tensor);
    if (shard === null) return;
    shard.bytes.set(bytes, tensor.byteOffset + at);
    shard.missing -= bytes.length;
    if (shard.missing > 0) return;
    this.#open.delete(tensor.shard);
    this.#onFull(tensor.shard, shard.bytes);
  }

  /** Takes back the memory of a stored shard. */
  release(buffer: ArrayBuffer): void {
    // Two spares serve the common sizes; keeping every one ever used would add up to the whole package.
    if (this.#spare.length < 2) this.#spare.push(buffer);
  }

  /** @throws AppError `unknown` if a shard was begun and not completed: a fault of the plan */
  assertNothingOpen(): void {
    const [index] = this.#open.keys();
    if (index !== undefined) throw new AppError('unknown', 'A shard was left incomplete', { shard: index });
  }

  #acquire(tensor: OutputTensor): { readonly bytes: Uint8Array<ArrayBuffer>; missing: number } | null {
    if (this.#done.has(tensor.shard)) return null;
    const open = this.#open.get(tensor.shard);
    if (open !== undefined) return open;
    const planned = this.#shards[tensor.shard];
    if (planned === undefined) return null;
    const { nbytes, tensors } = planned;
    const content = tensors.reduce((sum, { nbytes: length }) => sum + length, 0);
    const bytes = new Uint8Array(this.#takeBuffer(nbytes), 0, nbytes);
    if (content !== nbytes) bytes.fill(0); // alignment gaps must not depend on what the memory held before
    const shard = { bytes, missing: content };
    this.#open.set(tensor.shard, shard);
    return shard;
  }

  #takeBuffer(length: number): ArrayBuffer {
    // Fresh memory costs a page fault every 4 KiB, which on some machines is slower than the conversion itself.
    const fitting = this.#spare.findIndex(
      ({ byteLength }) => byteLength >= length && byteLength <= length * 2,
    );
    const [spare] = fitting < 0 ? [] : this.#spare.splice(fitting, 1);
    if (spare !== undefined) return spare;
    this.#spare.length = Math.min(this.#spare.length, 1);
    return new ArrayBuffer(length);
  }
}
