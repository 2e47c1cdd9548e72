/**
 * A package's files in the caches that web-llm reads. What is written here is what the engine loads: there is no second
 * copy. A file is there whole or not at all, because `Cache.put` is.
 */
import {
  cacheableResponse,
  cachedByteLength,
  packageEntry,
  type CacheName,
} from '../../engine/mlc/cache-layout.ts';
import { CONFIG_CACHE, MODEL_CACHE } from '../../engine/mlc/cache-layout.ts';
import { AppError, isAbort, toAppError } from '../../errors/app-error.ts';

export interface StoredFile {
  /** Relative to the package's base. */
  readonly name: string;
  readonly bytes: number;
}

export class PackageStore {
  readonly baseUrl: string;
  readonly #caches: CacheStorage;

  constructor(baseUrl: string, caches: CacheStorage = globalThis.caches) {
    this.baseUrl = baseUrl;
    this.#caches = caches;
  }

  /** Writes or replaces a file. @throws AppError `storage/full`, `models/not-stored`, `storage/unavailable`. */
  async put(name: string, body: Uint8Array<ArrayBuffer> | Blob): Promise<void> {
    const { cache, url } = packageEntry(this.baseUrl, name);
    const bytes = body instanceof Blob ? body.size : body.byteLength;
    try {
      const open = await this.#open(cache);
      await open.put(url, cacheableResponse(body, bytes, contentType(name)));
    } catch (thrown) {
      const error = toAppError(thrown, 'models/not-stored');
      // Nobody can stop a write: one that says it was stopped has failed.
      if (!isAbort(error)) throw error;
      throw new AppError('models/not-stored', error.message, { name }, { cause: thrown });
    }
  }

  /** @returns the file's bytes as a Blob that is read on demand, or null when it is not there. */
  async get(name: string): Promise<Blob | null> {
    const response = await this.#match(name);
    return response ? await response.blob() : null;
  }

  /** @returns null when the file is not there. */
  async byteLength(name: string): Promise<number | null> {
    const response = await this.#match(name);
    return response ? await cachedByteLength(response) : null;
  }

  async delete(name: string): Promise<void> {
    const { cache, url } = packageEntry(this.baseUrl, name);
    await (await this.#open(cache)).delete(url);
  }

  /** Every file of the package, in no order. */
  async list(): Promise<StoredFile[]> {
    const files: StoredFile[] = [];
    for (const { name, response } of await this.#entries()) {
      files.push({ name, bytes: await cachedByteLength(response) });
    }
    return files;
  }

  /** @returns bytes freed. */
  async deleteAll(): Promise<number> {
    let freed = 0;
    for (const { name, response } of await this.#entries()) {
      freed += await cachedByteLength(response);
      await this.delete(name);
    }
    return freed;
  }

  async #entries(): Promise<{ name: string; response: Response }[]> {
    const found: { name: string; response: Response }[] = [];
    for (const cacheName of [MODEL_CACHE, CONFIG_CACHE] as const) {
      const cache = await this.#open(cacheName);
      for (const request of await cache.keys()) {
        if (!request.url.startsWith(this.baseUrl)) continue;
        const response = await cache.match(request);
        if (response) found.push({ name: request.url.slice(this.baseUrl.length), response });
      }
    }
    return found;
  }

  async #match(name: string): Promise<Response | undefined> {
    const { cache, url } = packageEntry(this.baseUrl, name);
    return (await this.#open(cache)).match(url);
  }

  async #open(name: CacheName): Promise<Cache> {
    try {
      return await this.#caches.open(name);
    } catch (thrown) {
      throw new AppError('storage/unavailable', 'The Cache API is not available', {}, { cause: thrown });
    }
  }
}

function contentType(name: string): string {
  return name.endsWith('.json') ? 'application/json' : 'application/octet-stream';
}
