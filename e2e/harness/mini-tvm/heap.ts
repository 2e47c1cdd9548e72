/** Linear memory with a first-fit-by-size allocator: enough for a test's few thousand small blocks. */
const PAGE = 65_536;

export class Heap {
  readonly memory = new WebAssembly.Memory({ initial: 64 });
  /** The runtime keeps asyncify data below 1,024. */
  #top = 2048;
  readonly #sizes = new Map<number, number>();
  readonly #free = new Map<number, number[]>();

  get view(): DataView<ArrayBuffer> {
    return new DataView(this.memory.buffer);
  }

  bytes(at: number, length: number): Uint8Array<ArrayBuffer> {
    return new Uint8Array(this.memory.buffer, at, length);
  }

  alloc(length: number): number {
    const size = Math.max(8, Math.ceil(length / 8) * 8);
    const at = this.#free.get(size)?.pop() ?? this.#grow(size);
    this.#sizes.set(at, size);
    this.bytes(at, size).fill(0);
    return at;
  }

  release(at: number): void {
    const size = this.#sizes.get(at);
    if (size === undefined) throw new Error(`freed ${at}, which is not allocated`);
    this.#sizes.delete(at);
    const blocks = this.#free.get(size) ?? [];
    blocks.push(at);
    this.#free.set(size, blocks);
  }

  /** Blocks in use: a test can see leaks. */
  get blocks(): number {
    return this.#sizes.size;
  }

  cString(at: number): string {
    const { view } = this;
    let end = at;
    while (view.getUint8(end) !== 0) end += 1;
    return new TextDecoder().decode(this.bytes(at, end - at).slice());
  }

  #grow(size: number): number {
    const at = this.#top;
    this.#top += size;
    const missing = this.#top - this.memory.buffer.byteLength;
    if (missing > 0) this.memory.grow(Math.ceil(missing / PAGE));
    return at;
  }
}
