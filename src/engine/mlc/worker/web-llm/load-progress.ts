/**
 * web-llm reports progress as a fraction that runs 0→1 once for the weights and once for the shaders, with English text.
 * Everything is in the cache when a load begins, so there is no third run; this tells the two apart by the numbers alone.
 */
import type { LoadReport } from '../../../port.ts';

export class LoadProgressReader {
  readonly #totalBytes: number;
  #uploaded = false;

  /** @param totalBytes of all shards. */
  constructor(totalBytes: number) {
    this.#totalBytes = totalBytes;
  }

  /** @param fraction `InitProgressReport.progress`. */
  read(fraction: number): LoadReport {
    const share = Number.isFinite(fraction) ? Math.min(1, Math.max(0, fraction)) : 0;
    if (this.#uploaded)
      return { phase: 'compile', loadedBytes: this.#totalBytes, totalBytes: this.#totalBytes, share };
    if (share === 1) this.#uploaded = true;
    return {
      phase: 'upload',
      loadedBytes: Math.round(share * this.#totalBytes),
      totalBytes: this.#totalBytes,
    };
  }
}
