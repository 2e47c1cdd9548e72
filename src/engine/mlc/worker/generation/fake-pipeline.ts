/** For tests: a tiny "model" whose logits depend on every token in its KV cache, so that a wrong cache shows in the output. */
import { fakeLogits } from '../../../contract/fake-logits.ts';
import type { TokenPipeline } from './token-pipeline.ts';

export interface FakePipelineOptions {
  readonly contextLength?: number;
  readonly maxForward?: number;
  readonly canRollBack?: boolean;
  readonly vocabulary?: number;
  /** Forces the next token, given all tokens so far; undefined leaves it to the hash. */
  readonly next?: (sequence: readonly number[]) => number | undefined;
  /** First and last id that is ever likely; all unless given. */
  readonly likely?: readonly [number, number];
  /** From the n-th call of `forward` on (counted from 1) all logits are this. */
  readonly broken?: { readonly from: number; readonly logit: number };
  /** Throws from the n-th forward on (counted from 1). */
  readonly failAt?: number;
}

export class FakePipeline implements TokenPipeline {
  readonly contextLength: number;
  readonly maxForward: number;
  readonly canRollBack: boolean;
  readonly #options: FakePipelineOptions;
  #sequence: number[] = [];
  #forwards = 0;
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
    const { vocabulary = 256, next, likely, broken } = this.#options;
    this.#forwards += 1;
    if (broken && this.#forwards >= broken.from) return new Float32Array(vocabulary).fill(broken.logit);
    return fakeLogits(this.#sequence, vocabulary, next, likely);
  }

  drop(count: number): void {
    if (!this.canRollBack) throw new Error('this library cannot roll back');
    if (count < 1 || count >= this.#sequence.length)
      throw new Error(`dropped ${count} of ${this.#sequence.length}`);
    this.drops.push(count);
    this.#sequence = this.#sequence.slice(0, -count);
  }

  clear(): Promise<void> {
    this.clears += 1;
    this.#sequence = [];
    return Promise.resolve();
  }
}
