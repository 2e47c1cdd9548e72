/** A buffer that is this many times too long is kept for something longer. */
const MAX_WASTE = 3;

/**
 * Memory used again: fresh memory costs a page fault every 4 KiB, which on some machines is slower than the conversion
 * itself. What is in it is of an earlier use.
 */
export class SpareMemory {
  readonly #maxBytes: number;
  readonly #kept: ArrayBuffer[] = [];
  #bytes = 0;

  /** @param maxBytes to keep for later, with what is being taken anew */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** @returns at least so many bytes */
  take(length: number): ArrayBuffer {
    let best = -1;
    let bestLength = length * MAX_WASTE;
    for (const [at, { byteLength }] of this.#kept.entries()) {
      if (byteLength < length || byteLength > bestLength) continue;
      best = at;
      bestLength = byteLength;
    }
    const [spare] = best < 0 ? [] : this.#kept.splice(best, 1);
    if (spare === undefined) {
      this.#shrink(this.#maxBytes - length);
      return new ArrayBuffer(length);
    }
    this.#bytes -= spare.byteLength;
    return spare;
  }

  give(buffer: ArrayBuffer): void {
    this.#kept.push(buffer);
    this.#bytes += buffer.byteLength;
    this.#shrink(this.#maxBytes);
  }

  /** The oldest go first: their lengths are the least likely to be wanted again. */
  #shrink(bytes: number): void {
    while (this.#bytes > Math.max(0, bytes)) this.#bytes -= this.#kept.shift()?.byteLength ?? this.#bytes;
  }
}
