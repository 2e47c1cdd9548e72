/**
 * web-llm reports progress as a fraction that runs 0→1 once for the weights and once for the shaders, with English text.
 * Everything is in the cache when a load begins, so there is no third run; this tells the two apart by the numbers alone, and
 * adds what is read ahead.
 */
import type { LoadReport } from '../../../port.ts';

export class LoadProgressReader {
  readonly #totalBytes: number;
  #uploaded = false;
  #readBytes = 0;
  #placedBytes = 0;

  /** @param totalBytes of all shards. */
  constructor(totalBytes: number) {
    this.#totalBytes = totalBytes;
  }

  /** A shard came off the disk, before it is placed. */
  readMore(bytes: number): LoadReport {
    this.#readBytes = Math.min(this.#totalBytes, this.#readBytes + bytes);
    return this.#weights();
  }

  #weights(): LoadReport {
    const totalBytes = this.#totalBytes;
    return this.#placedBytes === 0
      ? { phase: 'fetch', loadedBytes: this.#readBytes, totalBytes }
      : { phase: 'upload', loadedBytes: this.#placedBytes, totalBytes, readBytes: this.#readBytes };
  }

  /** @param fraction `InitProgressReport.progress`. */
  read(fraction: number): LoadReport {
    const share = Number.isFinite(fraction) ? Math.min(1, Math.max(0, fraction)) : 0;
    if (this.#uploaded)
      return { phase: 'compile', loadedBytes: this.#totalBytes, totalBytes: this.#totalBytes, share };
    if (share === 1) this.#uploaded = true;
    this.#placedBytes = Math.round(share * this.#totalBytes);
    // What is placed was read.
    this.#readBytes = Math.max(this.#readBytes, this.#placedBytes);
    return this.#weights();
  }
}
