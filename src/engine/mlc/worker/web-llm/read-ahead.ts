/**
 * web-llm reads a shard, places it on the GPU, and only then reads the next: disk and GPU take turns in waiting. Here the next
 * shard is read while one is placed. No more than two are held: the one at work and the one to come.
 */

/** Whatever of a cache is looked at to read a shard; web-llm asks by `match` alone, twice for each. */
type Reading = Pick<Cache, 'match'>;

/**
 * @param prototype `Cache.prototype` of the worker.
 * @param urls of the shards, in the order in which they are placed.
 * @param onRead told the bytes of each shard, once.
 * @returns ends it, and lets go of what is held.
 */
export function readShardsAhead(
  prototype: Reading,
  urls: readonly string[],
  onRead: (bytes: number) => void,
): () => void {
  const match = prototype.match;
  const order = new Map(urls.map((url, at) => [url, at]));
  const reads = new Map<string, Promise<Response | undefined>>();
  const told = new Set<string>();

  const read = (cache: Reading, url: string): Promise<Response | undefined> => {
    const known = reads.get(url);
    if (known) return known;
    const found = match.call(cache, url).then((response) => {
      if (response === undefined) return undefined; // evicted meanwhile: for web-llm to find out
      const bytes = response.arrayBuffer().then((buffer) => {
        if (!told.has(url)) onRead(buffer.byteLength);
        told.add(url);
        return buffer;
      });
      bytes.catch(() => undefined); // whoever takes the bytes is told
      Object.defineProperty(response, 'arrayBuffer', { value: () => bytes });
      return response;
    });
    reads.set(url, found);
    return found;
  };
  /** Once this one's bytes are there, and not earlier: two reads at once only slow each other down. */
  const readNext = async (cache: Reading, url: string): Promise<void> => {
    await (await reads.get(url))?.arrayBuffer();
    const next = urls[(order.get(url) ?? urls.length) + 1];
    if (next !== undefined && reads.has(url)) await read(cache, next);
  };

  prototype.match = function (this: Reading, request, options) {
    const url = request instanceof Request ? request.url : String(request);
    const at = order.get(url);
    if (at === undefined) return match.call(this, request, options);
    for (const earlier of reads.keys()) if ((order.get(earlier) ?? 0) < at) reads.delete(earlier);
    const found = read(this, url);
    readNext(this, url).catch(() => undefined); // that shard's own taker is told
    return found;
  };
  return () => {
    prototype.match = match;
    reads.clear();
  };
}
