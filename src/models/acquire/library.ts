/**
 * The compiled libraries web-llm runs models with: where they are looked for, how they get there, and whether the one at a
 * known address is still the same.
 */
import { LIBRARY_CACHE, cacheableResponse, libraryEntry } from '../../engine/mlc/cache-layout.ts';
import { AppError, toAppError } from '../../errors/app-error.ts';
import { toHex } from '../../transcode/run/hashing.ts';
import { fetchWhole } from '../../network/fetch-whole.ts';
import type { AcquisitionContext, AcquisitionRun } from './ways/acquisition-run.ts';
import { libraryId } from '../catalogue/ids.ts';
import { runsWith } from '../catalogue/library-url.ts';
import type { LibraryRecord } from '../storage/records.ts';

/** The largest library web-llm's authors publish has 8 MB. */
const MAX_LIBRARY_BYTES = 128 * 1024 * 1024;

/** Whether the engine will find it. */
export async function hasLibrary(caches: CacheStorage, url: string): Promise<boolean> {
  const entry = libraryEntry(url);
  return (await (await caches.open(entry.cache)).match(entry.url)) !== undefined;
}

/**
 * Takes a library away unless another install runs with it. Its hash stays known, so that a change is noticed when it is
 * brought again. @returns bytes freed.
 */
export async function freeLibrary(
  { store, caches, siteUrl }: Pick<AcquisitionContext, 'store' | 'caches' | 'siteUrl'>,
  url: string,
): Promise<number> {
  const installs = await store.list();
  if (installs.some(({ acquisition }) => runsWith(acquisition, siteUrl) === url)) return 0;
  const entry = libraryEntry(url);
  if (!(await (await caches.open(entry.cache)).delete(entry.url))) return 0;
  return (await store.listLibraries()).find((each) => each.url === url)?.bytes ?? 0;
}

/**
 * Fetches a library and remembers its hash. A library that changed since it was last seen at the same
 * address is stored, and told.
 * @param expectedSha256 from the catalogue; null where it names none.
 * @throws AppError `engine/hash-mismatch` when it is not the catalogue's, `engine/library-unfit` when it is no library,
 *   `bytes/*`, `storage/*`.
 */
export async function fetchLibrary(
  run: AcquisitionRun,
  url: string,
  expectedSha256: string | null,
): Promise<LibraryRecord> {
  const bytes = await fetchWhole(run, url, {
    expectedBytes: null,
    maxBytes: MAX_LIBRARY_BYTES,
    reason: 'library',
    cache: 'no-cache',
  });
  if (!bytes) throw new AppError('bytes/not-found', `${url} is not there`, { url });
  return keepLibrary(run, url, bytes, { importedFrom: '', expectedSha256, tell: run.tell });
}

/** Takes a library from a file. @throws AppError `engine/library-unfit`, `storage/*`. */
export async function importLibrary(
  context: AcquisitionContext,
  url: string,
  file: File,
  tell: AcquisitionRun['tell'],
): Promise<LibraryRecord> {
  if (file.size > MAX_LIBRARY_BYTES) throw unfit(url, 'is too large to be one');
  const bytes = new Uint8Array(await file.arrayBuffer());
  return keepLibrary(context, url, bytes, { importedFrom: file.name, expectedSha256: null, tell });
}

async function keepLibrary(
  context: AcquisitionContext,
  url: string,
  bytes: Uint8Array<ArrayBuffer>,
  how: { importedFrom: string; expectedSha256: string | null; tell: AcquisitionRun['tell'] },
): Promise<LibraryRecord> {
  // An error page under a library's name is the usual other thing; the engine would say so only after loading 4 GB.
  if (!WebAssembly.validate(bytes)) throw unfit(url, 'is not a WebAssembly module');
  const sha256 = toHex(new Uint8Array(await crypto.subtle.digest('SHA-256', bytes)));
  if (how.expectedSha256 !== null && how.expectedSha256 !== sha256) {
    throw new AppError('engine/hash-mismatch', `the library at ${url} is not the one the catalogue names`, {
      file: url,
      expected: how.expectedSha256,
      sha256,
    });
  }
  const known = (await context.store.listLibraries()).find((each) => each.url === url);
  if (known && known.sha256 !== sha256)
    how.tell({ kind: 'library-changed', url, before: known.sha256, after: sha256 });
  const entry = libraryEntry(url);
  try {
    const cache = await context.caches.open(LIBRARY_CACHE);
    await cache.put(entry.url, cacheableResponse(bytes, bytes.byteLength, 'application/wasm'));
  } catch (thrown) {
    throw toAppError(thrown, 'storage/failed');
  }
  const record: LibraryRecord = {
    id: libraryId(url),
    url,
    sha256,
    bytes: bytes.byteLength,
    importedFrom: how.importedFrom,
    at: context.now(),
  };
  await context.store.putLibrary(record);
  return record;
}

function unfit(url: string, why: string): AppError {
  return new AppError('engine/library-unfit', `The model library ${why}`, { url, reason: why });
}
