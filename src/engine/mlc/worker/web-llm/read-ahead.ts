/**
 * web-llm reads a shard, places it on the GPU, and only then reads the next: disk and GPU take turns in waiting. Here the next
 * shard is read while one is placed. No more than two are held: the one at work and the one to come. Both lie in memory that
 * is used again and again: the system's pages for a fresh copy of every shard cost several times the reading itself.
 */

/** Whatever of a cache is looked at to read a shard; web-llm asks by `match` alone, twice for each. */
type Reading = Pick<Cache, 'match'>;

export interface ShardToRead {
  readonly url: string;
  readonly bytes: number;
}

/**
 * @param prototype `Cache.prototype` of the worker.
 * @param shards in the order in which they are placed.
 * @param onRead told the bytes of each shard, once.
 * @returns ends it, and lets go of what is held.
 */
export function readShardsAhead(
  prototype: Reading,
  shards: readonly ShardToRead[],
  onRead: (bytes: number) => void,
): () => void {
  const match = prototype.match;
  const order = new Map(shards.map(({ url }, at) => [url, at]));
  const reads = new Map<string, Promise<Response | undefined>>();
  const taken = new Map<string, ArrayBuffer>();
  const told = new Set<string>();
  const spare = new SpareBuffers();

  const read = (cache: Reading, url: string): Promise<Response | undefined> => {
    const known = reads.get(url);
    if (known) return known;
    const found = match.call(cache, url).then((response) => {
      if (response === undefined) return undefined; // evicted meanwhile: for web-llm to find out
      const bytes = readInto(response, shards[order.get(url) ?? 0]?.bytes ?? 0, spare).then((whole) => {
        if (!told.has(url)) onRead(whole.byteLength);
        told.add(url);
        taken.set(url, whole.buffer);
        return whole;
      });
      bytes.catch(() => undefined); // whoever takes the bytes is told
      // web-llm takes bytes for what an ArrayBuffer is to it.
      Object.defineProperty(response, 'arrayBuffer', { value: () => bytes });
      return response;
    });
    reads.set(url, found);
    return found;
  };
  /** Once this one's bytes are there, and not earlier: two reads at once only slow each other down. */
  const readNext = async (cache: Reading, url: string): Promise<void> => {
    await (await reads.get(url))?.arrayBuffer();
    const next = shards[(order.get(url) ?? shards.length) + 1];
    if (next !== undefined && reads.has(url)) await read(cache, next.url);
  };
  /** web-llm asks for a shard only when those before it are on the GPU. */
  const letGoBefore = (at: number): void => {
    for (const earlier of reads.keys()) {
      if ((order.get(earlier) ?? 0) >= at) continue;
      reads.delete(earlier);
      const buffer = taken.get(earlier);
      if (buffer) spare.give(buffer);
      taken.delete(earlier);
    }
  };

  prototype.match = function (this: Reading, request, options) {
    const url = request instanceof Request ? request.url : String(request);
    const at = order.get(url);
    if (at === undefined) return match.call(this, request, options);
    letGoBefore(at);
    const found = read(this, url);
    readNext(this, url).catch(() => undefined); // that shard's own taker is told
    return found;
  };
  return () => {
    prototype.match = match;
    reads.clear();
    taken.clear();
    spare.clear();
  };
}

/** At most one: two shards are held, and the one that has been placed makes room for the one to come. */
class SpareBuffers {
  #buffer: ArrayBuffer | null = null;

  take(bytes: number): ArrayBuffer {
    const buffer = this.#buffer;
    this.#buffer = null;
    return buffer && buffer.byteLength >= bytes ? buffer : new ArrayBuffer(bytes);
  }

  give(buffer: ArrayBuffer): void {
    if (buffer.byteLength > (this.#buffer?.byteLength ?? 0)) this.#buffer = buffer;
  }

  clear(): void {
    this.#buffer = null;
  }
}

/** @returns a view of `length` bytes, or of all there are when that is fewer: web-llm says what is missing. */
async function readInto(
  response: Response,
  length: number,
  spare: SpareBuffers,
): Promise<Uint8Array<ArrayBuffer>> {
  const reader = byteReader(response);
  if (reader === null || length === 0) return new Uint8Array(await response.arrayBuffer());
  let buffer = spare.take(length);
  let at = 0;
  while (at < length) {
    const { value, done } = await reader.read(new Uint8Array(buffer, at, length - at));
    // Reading takes the memory away and brings it back.
    if (value) buffer = value.buffer;
    if (done) break;
    at += value.length;
  }
  await reader.cancel();
  return new Uint8Array(buffer, 0, at);
}

/** Not every browser reads a cached response into memory it is given. */
function byteReader({ body }: Response): ReadableStreamBYOBReader | null {
  try {
    return body?.getReader({ mode: 'byob' }) ?? null;
  } catch {
    return null;
  }
}
