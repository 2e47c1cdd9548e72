/** A loaded model that takes token ids and gives logits: all this engine asks of web-llm. Tests put a fake in its place. */
export interface TokenPipeline {
  /** Tokens the KV cache can hold. */
  readonly contextLength: number;
  /** The most tokens one `forward` takes: the library's compiled prefill chunk. */
  readonly maxForward: number;
  /** Tokens in the KV cache. */
  readonly cachedTokens: number;
  /** Whether `drop` works on this library: tried once at load. */
  readonly canRollBack: boolean;
  /** Feeds 1 … `maxForward` tokens behind the cached ones and waits for the GPU. */
  feed(ids: readonly number[]): Promise<void>;
  /** The same, and reads the logits behind the last of them. The array is the caller's. */
  forward(ids: readonly number[]): Promise<Float32Array>;
  /** Takes the last `count` tokens off the KV cache. */
  drop(count: number): void;
  /** Empties the KV cache. */
  clear(): Promise<void>;
}
