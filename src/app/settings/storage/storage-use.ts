/** Who uses how much of what the browser gives this site. */

/** Chromium's estimate also says which kind of store holds how much; others only give the sum. */
export interface Estimate {
  readonly usage?: number;
  readonly quota?: number;
  readonly usageDetails?: Readonly<Record<string, number | undefined>>;
}

export interface StorageUse {
  /** Bytes, by what holds them. */
  readonly models: number;
  readonly app: number;
  /** null where the browser does not say: then they are in `other`. */
  readonly chats: number | null;
  /** What the sum holds beyond the rest: the stores' own overhead, files of an unfinished transfer. */
  readonly other: number;
  readonly used: number;
  /** null where the browser gives no quota. */
  readonly free: number | null;
}

/**
 * Divides the browser's estimate. It rounds and pads on purpose, hence may say less than the parts add up to: the parts
 * then count, since those were measured.
 * @param modelBytes as the rows of installed models say. @param appBytes of the precache.
 */
export function divideUse(estimate: Estimate, modelBytes: number, appBytes: number): StorageUse {
  const { usage = 0, quota, usageDetails } = estimate;
  const database = usageDetails?.indexedDB;
  const chats = database ?? null;
  const known = modelBytes + appBytes + (chats ?? 0);
  const used = Math.max(usage, known);
  return {
    models: modelBytes,
    app: appBytes,
    chats,
    other: used - known,
    used,
    free: quota === undefined ? null : Math.max(0, quota - used),
  };
}

/** Workbox keeps the app's files under names that begin so. */
const APP_CACHE_PREFIX = 'workbox-precache';

/** Bytes of the app's own offline copy. */
export async function measureAppCaches(storage: CacheStorage): Promise<number> {
  let bytes = 0;
  for (const name of await storage.keys()) {
    if (!name.startsWith(APP_CACHE_PREFIX)) continue;
    const cache = await storage.open(name);
    for (const request of await cache.keys()) {
      const response = await cache.match(request);
      if (response) bytes += await lengthOf(response);
    }
  }
  return bytes;
}

async function lengthOf(response: Response): Promise<number> {
  const header = Number(response.headers.get('content-length') ?? NaN);
  // A compressed answer's length is not what is stored.
  if (Number.isFinite(header) && response.headers.get('content-encoding') === null) return header;
  return (await response.blob()).size;
}
