/** Reads entries of the Cache API one after the other, as web-llm does, and does nothing with them. Answers with milliseconds. */
import type { CacheEntry } from '../../src/engine/mlc/cache-layout.ts';

addEventListener('message', ({ data }: MessageEvent<readonly CacheEntry[]>) => {
  void readAll(data).then((ms) => {
    postMessage(ms);
  });
});

async function readAll(entries: readonly CacheEntry[]): Promise<number> {
  const started = performance.now();
  for (const { cache, url } of entries) {
    const response = await (await caches.open(cache)).match(url);
    if (!response) throw new Error(`${url} is not in ${cache}`);
    await response.arrayBuffer();
  }
  return performance.now() - started;
}
