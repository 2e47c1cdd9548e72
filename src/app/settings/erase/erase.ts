/**
 * Removes everything of this app from the browser's storage, and counts what is left. Other pages of the same host have theirs
 * in the same storage: only what bears the app's names is touched. What can't be removed by a page is said in
 * docs/threat-model.md.
 */
import { DATABASE_NAME } from '../../../database/database-error.ts';
import { AppError } from '../../../errors/app-error.ts';
import { deferred } from '../../../lib/deferred.ts';

/** What is still there after erasing; all of it 0 when it went well. Models that were to stay are not counted. */
export interface Left {
  /** Databases, or rows where the database stays for its models. */
  readonly databases: number;
  readonly caches: number;
  /** Entries in the app's private files. */
  readonly files: number;
  readonly settings: number;
  readonly workers: number;
}

export interface EraseSurroundings {
  readonly indexedDB: IDBFactory;
  /** null where there are none: over plain http. */
  readonly caches: CacheStorage | null;
  /** null where there is no private file system. */
  readonly files: (() => Promise<FileSystemDirectoryHandle>) | null;
  readonly storages: readonly Storage[];
  /** Service workers of the app's own scope. */
  readonly workers: () => Promise<readonly Pick<ServiceWorkerRegistration, 'unregister'>[]>;
  /** The folder the app lies in, as its cache of files is named after. */
  readonly scope: string;
  /** Models stay, with the rows that say what they are. */
  readonly keepModels: boolean;
}

/** A database that another tab keeps open for longer than this is told as left. */
const DELETE_TIMEOUT_MS = 10_000;
/** Where weights lie in the private file system (models/storage/gguf-store.ts). */
const FILES_FOLDER = 'models';

/** Tables that say what models are here. */
const MODEL_TABLES: ReadonlySet<string> = new Set(['models', 'journals']);

/** The app's own files, the switches, and web-llm's models unless they stay. */
function isErased(name: string, { scope, keepModels }: EraseSurroundings): boolean {
  return (
    name.startsWith('meditron') ||
    (name.startsWith('webllm/') && !keepModels) ||
    (name.startsWith('workbox-') && name.endsWith(scope))
  );
}

function isOwnSetting(key: string): boolean {
  return key.startsWith('meditron') || key === 'reloaded-for-threads';
}

/** @throws AppError `storage/failed` when the database can't be deleted. Call it when nothing of the app holds it open. */
export async function erase(around: EraseSurroundings): Promise<Left> {
  for (const storage of around.storages)
    for (const key of keysOf(storage)) if (isOwnSetting(key)) storage.removeItem(key);
  if (around.keepModels) await clearTables(around.indexedDB);
  else await deleteDatabase(around.indexedDB);
  for (const name of await cacheNames(around)) await around.caches?.delete(name);
  if (!around.keepModels) await removeFiles(around.files);
  for (const worker of await around.workers()) await worker.unregister();
  return countLeft(around);
}

/** What of the app is in the browser's storage now. */
export async function countLeft(around: EraseSurroundings): Promise<Left> {
  return {
    databases: around.keepModels ? await countRows(around.indexedDB) : await countDatabases(around.indexedDB),
    caches: (await cacheNames(around)).length,
    files: around.keepModels ? 0 : await countFiles(around.files),
    settings: around.storages.flatMap(keysOf).filter(isOwnSetting).length,
    workers: (await around.workers()).length,
  };
}

async function cacheNames(around: EraseSurroundings): Promise<readonly string[]> {
  return ((await around.caches?.keys()) ?? []).filter((name) => isErased(name, around));
}

function keysOf(storage: Storage): readonly string[] {
  return Array.from({ length: storage.length }, (_, at) => storage.key(at) ?? '');
}

/** Not every browser tells; opening the database to look would make it. */
async function countDatabases(factory: IDBFactory): Promise<number> {
  const all = typeof factory.databases === 'function' ? await factory.databases() : [];
  return all.filter(({ name }) => name === DATABASE_NAME).length;
}

async function clearTables(factory: IDBFactory): Promise<void> {
  await withTables(factory, (table) => table.clear());
}

async function countRows(factory: IDBFactory): Promise<number> {
  const counts = await withTables(factory, (table) => table.count());
  return counts.reduce((sum, count) => sum + count, 0);
}

/** Runs a request on every table but those of the models, in one transaction. @returns the results. */
async function withTables<T>(
  factory: IDBFactory,
  run: (table: IDBObjectStore) => IDBRequest<T>,
): Promise<T[]> {
  const db = await resultOf(factory.open(DATABASE_NAME));
  try {
    const names = [...db.objectStoreNames].filter((name) => !MODEL_TABLES.has(name));
    if (names.length === 0) return [];
    const transaction = db.transaction(names, 'readwrite');
    return await Promise.all(names.map((name) => resultOf(run(transaction.objectStore(name)))));
  } finally {
    db.close();
  }
}

function resultOf<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((done, fail) => {
    request.onsuccess = () => {
      done(request.result);
    };
    request.onerror = () => {
      fail(new AppError('storage/failed', request.error?.message ?? 'A request to the database failed'));
    };
  });
}

async function deleteDatabase(factory: IDBFactory): Promise<void> {
  const done = deferred<undefined>();
  const request = factory.deleteDatabase(DATABASE_NAME);
  const timer = setTimeout(() => {
    done.reject(
      new AppError('storage/failed', 'Another tab keeps the database open', { afterMs: DELETE_TIMEOUT_MS }),
    );
  }, DELETE_TIMEOUT_MS);
  request.onsuccess = () => {
    done.resolve(undefined);
  };
  request.onerror = () => {
    done.reject(new AppError('storage/failed', request.error?.message ?? 'The database was not deleted'));
  };
  await done.promise.finally(() => {
    clearTimeout(timer);
  });
}

async function removeFiles(files: EraseSurroundings['files']): Promise<void> {
  if (!files) return;
  const root = await files();
  await root.removeEntry(FILES_FOLDER, { recursive: true }).catch((thrown: unknown) => {
    if (!(thrown instanceof DOMException) || thrown.name !== 'NotFoundError') throw thrown;
  });
}

async function countFiles(files: EraseSurroundings['files']): Promise<number> {
  if (!files) return 0;
  const root = await files();
  return root.getDirectoryHandle(FILES_FOLDER).then(
    () => 1,
    (thrown: unknown) => {
      if (thrown instanceof DOMException && thrown.name === 'NotFoundError') return 0;
      throw thrown;
    },
  );
}
