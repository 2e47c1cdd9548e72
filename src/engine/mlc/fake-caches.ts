/** For tests in node: the part of the Cache API that this room uses, in memory. */
export class FakeCacheStorage {
  readonly #caches = new Map<string, Map<string, Response>>();

  open(name: string): Promise<FakeCache> {
    const entries = this.#caches.get(name) ?? new Map<string, Response>();
    this.#caches.set(name, entries);
    return Promise.resolve(new FakeCache(entries));
  }

  /** As the type the code under test asks for. */
  asCacheStorage(): CacheStorage {
    return this as unknown as CacheStorage;
  }
}

class FakeCache {
  readonly #entries: Map<string, Response>;

  constructor(entries: Map<string, Response>) {
    this.#entries = entries;
  }

  match(url: string): Promise<Response | undefined> {
    return Promise.resolve(this.#entries.get(url)?.clone());
  }

  put(url: string, response: Response): Promise<void> {
    this.#entries.set(url, response);
    return Promise.resolve();
  }

  delete(url: string): Promise<boolean> {
    return Promise.resolve(this.#entries.delete(url));
  }
}
