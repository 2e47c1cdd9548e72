/** Whether an install's files are where its row says: browsers clear them without a word. */
import { MODEL_CACHE, packageEntry } from '../../engine/mlc/cache-layout.ts';
import { TENSOR_CACHE_FILE } from '../../formats/mlc-package/package-json.ts';
import { readGguf } from './gguf-store.ts';
import type { InstallRecord } from './records.ts';

/** Whether every file that a ready model needs is still there. */
export async function isWhole(
  record: Pick<InstallRecord, 'fileName' | 'baseUrl'>,
  storage: CacheStorage = caches,
  read: (fileName: string) => Promise<Blob | null> = readGguf,
): Promise<boolean> {
  if (record.fileName !== '') {
    const file = await read(record.fileName);
    return file !== null && file.size > 0;
  }
  const index = packageEntry(record.baseUrl, TENSOR_CACHE_FILE);
  const cache = await storage.open(MODEL_CACHE);
  const response = await cache.match(index.url);
  if (!response) return false;
  const present = new Set((await cache.keys()).map(({ url }) => url));
  const named = [...(await response.text()).matchAll(/"dataPath"\s*:\s*"([^"]{1,200})"/g)];
  return named.every(([, path = '']) => present.has(packageEntry(record.baseUrl, path).url));
}
