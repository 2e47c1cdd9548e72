import { AppError } from '../../errors/app-error.ts';
import type { OutputTensor, PackagePlan, ShardPlan } from '../plan/plan-package.ts';
import { SpareMemory } from './workers/spare-memory.ts';

/**
 * Most memory of stored shards kept for the next: nearly all of one layer of a 7B model. With 72 MB two thirds of AWQ's shards were made in
 * fresh memory, for a fifth of the time, and the peak was no lower; with 144 it passes 512 MB.
 */
const MAX_SPARE_BYTES = 112 * 1024 * 1024;

/**
 * Holds the shards being filled. A shard's memory is taken when its first tensor begins and given back when the shard
 * is stored, so that what is held stays near `PackagePlan.peakBytes`.
 */
export class ShardAssembler {
  readonly #shards: readonly ShardPlan[];
  readonly #open = new Map<number, { readonly bytes: Uint8Array<ArrayBuffer>; missing: number }>();
  readonly #spare = new SpareMemory(MAX_SPARE_BYTES);
  readonly #done: ReadonlySet<number>;
  readonly #onFull: (index: number, bytes: Uint8Array<ArrayBuffer>) => void;

  /**
   * @param done shards stored by an earlier run: what is meant for them is dropped
   * @param onFull gets a complete shard; its memory stays taken until `release`
   */
  constructor(
    plan: PackagePlan,
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
    const place = this.place(tensor, at, bytes.length);
    if (place === null) return;
    place.set(bytes);
    this.written(tensor, bytes.length);
  }

  /** Where a tensor's bytes belong, to be written there; then call `written`. Null where they are not wanted. */
  place(tensor: OutputTensor, at: number, length: number): Uint8Array<ArrayBuffer> | null {
    const shard = this.#acquire(tensor);
    if (shard === null) return null;
    const start = tensor.byteOffset + at;
    return shard.bytes.subarray(start, start + length);
  }

  /** So many bytes of a place are there. */
  written(tensor: OutputTensor, length: number): void {
    const shard = this.#open.get(tensor.shard);
    if (shard === undefined) return;
    shard.missing -= length;
    if (shard.missing > 0) return;
    this.#open.delete(tensor.shard);
    this.#onFull(tensor.shard, shard.bytes);
  }

  /** Takes back the memory of a stored shard. */
  release(buffer: ArrayBuffer): void {
    this.#spare.give(buffer);
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
    const bytes = new Uint8Array(this.#spare.take(nbytes), 0, nbytes);
    if (content !== nbytes) bytes.fill(0); // alignment gaps must not depend on what the memory held before
    const shard = { bytes, missing: content };
    this.#open.set(tensor.shard, shard);
    return shard;
  }
}
