import { AppError } from '../../../../errors/app-error.ts';

/**
 * An entry can vanish between the check and web-llm's look at it (the browser evicts caches when the disk is full). web-llm
 * would then fetch it; in this worker it may not.
 * @param prototype `Cache.prototype`: web-llm fetches by `add` alone.
 */
export function forbidDownloads(prototype: Pick<Cache, 'add' | 'addAll'>): void {
  const refuse = (request: RequestInfo | URL): Promise<never> => {
    const url = request instanceof Request ? request.url : String(request);
    return Promise.reject(
      new AppError('engine/package-incomplete', `${url} left the cache while loading`, { url }),
    );
  };
  prototype.add = refuse;
  prototype.addAll = (requests) => refuse([...requests][0] ?? '');
}
