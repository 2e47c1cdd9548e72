import { IDBFactory } from 'fake-indexeddb';
import { expect, test } from 'vitest';
import { createUniverse } from '../../../conversations/data/test-store.ts';
import { openDatabase } from '../../../database/database.ts';
import { surroundings } from './erase-page.ts';
import { countLeft, erase, type EraseSurroundings } from './erase.ts';

const SCOPE = 'https://host.example/app/';

function fakeStorage(keys: readonly string[]): Storage {
  const held = new Map(keys.map((key) => [key, 'x']));
  return {
    get length() {
      return held.size;
    },
    key: (at: number) => [...held.keys()][at] ?? null,
    getItem: (key: string) => held.get(key) ?? null,
    setItem: (key: string, value: string) => void held.set(key, value),
    removeItem: (key: string) => void held.delete(key),
    clear: () => {
      held.clear();
    },
  };
}

function open(factory: IDBFactory, name: string): Promise<void> {
  return new Promise((done, fail) => {
    const request = factory.open(name);
    request.onsuccess = () => {
      request.result.close();
      done();
    };
    request.onerror = () => {
      fail(new Error('it did not open'));
    };
  });
}

test('everything of the app goes and is counted; what others of the same host keep stays', async () => {
  const indexedDB = new IDBFactory();
  await open(indexedDB, 'meditron');
  await open(indexedDB, 'of-a-neighbour');
  const names = new Set([
    `workbox-precache-v2-${SCOPE}`,
    'workbox-precache-v2-https://host.example/other/',
    'webllm/model',
    'meditron-offline-only',
    'of-a-neighbour',
  ]);
  const folders = new Set(['models', 'of-a-neighbour']);
  const storage = fakeStorage(['meditron-preferences', 'meditron-web:notice', 'neighbour']);
  let workers = 1;
  const notFound = () => new DOMException('none', 'NotFoundError');
  const around: EraseSurroundings = {
    indexedDB,
    caches: {
      keys: () => Promise.resolve([...names]),
      delete: (name: string) => Promise.resolve(names.delete(name)),
    } as CacheStorage,
    files: () =>
      Promise.resolve({
        removeEntry: (name: string) =>
          folders.delete(name) ? Promise.resolve() : Promise.reject(notFound()),
        getDirectoryHandle: (name: string) =>
          folders.has(name) ? Promise.resolve({}) : Promise.reject(notFound()),
      } as unknown as FileSystemDirectoryHandle),
    storages: [storage],
    workers: () =>
      Promise.resolve(
        Array.from({ length: workers }, () => ({
          unregister: () => {
            workers = 0;
            return Promise.resolve(true);
          },
        })),
      ),
    scope: SCOPE,
    keepModels: false,
  };
  expect(await countLeft(around)).toEqual({ databases: 1, caches: 3, files: 1, settings: 2, workers: 1 });
  const nothing = { databases: 0, caches: 0, files: 0, settings: 0, workers: 0 };
  expect(await erase(around)).toEqual(nothing);
  expect((await indexedDB.databases()).map(({ name }) => name)).toEqual(['of-a-neighbour']);
  expect([...names]).toEqual(['workbox-precache-v2-https://host.example/other/', 'of-a-neighbour']);
  expect([...folders]).toEqual(['of-a-neighbour']);
  expect(storage.length).toBe(1);
  // Again, with nothing there.
  expect(await erase(around)).toEqual(nothing);
});

test('over plain http, where a page has neither caches nor files nor workers, all it has goes', async () => {
  const indexedDB = new IDBFactory();
  await open(indexedDB, 'meditron');
  const localStorage = fakeStorage(['meditron-preferences']);
  const page = { indexedDB, localStorage, sessionStorage: fakeStorage([]), navigator: {} };
  const location = new URL('http://ward.example/app/') as unknown as Location;
  const around = surroundings({ ...page, location }, false);
  expect(await countLeft(around)).toMatchObject({ databases: 1, settings: 1 });
  expect(await erase(around)).toEqual({ databases: 0, caches: 0, files: 0, settings: 0, workers: 0 });
  expect([await indexedDB.databases(), localStorage.length]).toEqual([[], 0]);
});

test('models stay where they are asked to, and no row of anything else does', async () => {
  const universe = createUniverse();
  const db = await openDatabase(
    { onBlocked: () => undefined, onOutdated: () => undefined },
    { api: universe.api },
  );
  await db.models.put({ id: 'm', value: 1 });
  await db.settings.put({ key: 'k', value: 1 });
  await db.drafts.put({ conversationId: 'new', text: 'words' });
  db.close();
  const kept = ['webllm/model'];
  const around: EraseSurroundings = {
    indexedDB: universe.api.indexedDB,
    caches: {
      keys: () => Promise.resolve(kept),
      delete: () => Promise.reject(new Error('a model was to go')),
    } as unknown as CacheStorage,
    files: () => Promise.reject(new Error('the files were to be touched')),
    storages: [],
    workers: () => Promise.resolve([]),
    scope: SCOPE,
    keepModels: true,
  };
  expect(await countLeft(around)).toMatchObject({ databases: 2 });
  expect(await erase(around)).toEqual({ databases: 0, caches: 0, files: 0, settings: 0, workers: 0 });
  await db.open();
  expect(await db.models.count()).toBe(1);
  db.close();
});
