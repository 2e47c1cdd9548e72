/** For tests: a tiny "model" whose logits depend on every token in its KV cache, so that a wrong cache shows in the output. */
import type { TokenPipeline } from './token-pipeline.ts';

export interface FakePipelineOptions {
  readonly contextLength?: number;
  readonly maxForward?: number;
  readonly canRollBack?: boolean;
  readonly vocabulary?: number;
  /** Forces the next token, given all tokens so far; undefined leaves it to the hash. */
  readonly next?: (sequence: readonly number[]) => number | undefined;
  /** Throws from the n-th forward on (counted from 1). */
  readonly failAt?: number;
}

export class FakePipeline implements TokenPipeline {
  readonly contextLength: number;
  readonly maxForward: number;
  readonly canRollBack: boolean;
  readonly #options: FakePipelineOptions;
  #sequence: number[] = [];
  /** Tokens fed, per call. */
  readonly fed: number[][] = [];
  clears = 0;
  drops: number[] = [];

  constructor(options: FakePipelineOptions = {}) {
    this.#options = options;
    this.contextLength = options.contextLength ?? 2048;
    this.maxForward = options.maxForward ?? 1024;
    this.canRollBack = options.canRollBack ?? true;
  }

  get cachedTokens(): number {
    return this.#sequence.length;
  }

  async feed(ids: readonly number[]): Promise<void> {
    await Promise.resolve();
    if (ids.length < 1 || ids.length > this.maxForward) throw new Error(`fed ${ids.length} tokens at once`);
    if (this.#sequence.length + ids.length > this.contextLength) throw new Error('KV cache overflow');
    this.fed.push([...ids]);
    if (this.#options.failAt !== undefined && this.fed.length >= this.#options.failAt) {
      // Half of the work was done when it failed, as on a lost device.
      this.#sequence.push(...ids.slice(0, Math.floor(ids.length / 2)));
      throw new Error('device lost');
    }
    this.#sequence.push(...ids);
  }

  async forward(ids: readonly number[]): Promise<Float32Array> {
    await this.feed(ids);
    return fakeLogits(this.#sequence, this.#options.vocabulary ?? 256, this.#options.next);
  }

  drop(count: number): void {
    if (!this.canRollBack) throw new Error('this library cannot roll back');
    if (count < 1 || count >= this.#sequence.length)
      throw new Error(`dropped ${count} of ${this.#sequence.length}`);
    this.drops.push(count);
    this.#sequence = this.#sequence.slice(0, -count);
  }

  clear(): void {
    this.clears += 1;
    this.#sequence = [];
  }
}

/** Logits in (-4, 4) from a hash of the whole sequence. */
export function fakeLogits(
  sequence: readonly number[],
  vocabulary: number,
  next?: (sequence: readonly number[]) => number | undefined,
): Float32Array {
  let state = 2166136261;
  for (const id of sequence) state = Math.imul(state ^ id, 16777619) >>> 0;
  const logits = Float32Array.from({ length: vocabulary }, (_, id) => {
    const mixed = Math.imul(state ^ Math.imul(id + 1, 2654435761), 2246822519) >>> 0;
    return (mixed / 4294967296) * 8 - 4;
  });
  const forced = next?.(sequence);
  if (forced !== undefined) logits[forced] = 20;
  return logits;
}
