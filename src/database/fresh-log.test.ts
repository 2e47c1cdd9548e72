import { IDBFactory, IDBKeyRange } from 'fake-indexeddb';
import { describe, expect, test, vi } from 'vitest';
import { openDatabase } from './database.ts';
import { SCRATCH_DATABASE, startFreshLog } from './fresh-log.ts';

/** A factory whose opening of the scratch database fails with this. */
function failing(error: DOMException): IDBFactory {
  const factory = new IDBFactory();
  vi.spyOn(factory, 'open').mockImplementation(() => {
    const request = { error } as unknown as IDBOpenDBRequest;
    queueMicrotask(() => {
      request.onerror?.(new Event('error'));
    });
    return request;
  });
  return factory;
}

describe('startFreshLog', () => {
  test('deletes a database and leaves none', async () => {
    const factory = new IDBFactory();
    const deletion = vi.spyOn(factory, 'deleteDatabase');
    await startFreshLog(factory);
    expect(deletion).toHaveBeenCalledExactlyOnceWith(SCRATCH_DATABASE);
    expect(await factory.databases()).toEqual([]);
  });

  test('two tabs at once don’t wait for each other', async () => {
    const factory = new IDBFactory();
    await Promise.all([startFreshLog(factory, 60_000), startFreshLog(factory, 60_000)]);
    expect(await factory.databases()).toEqual([]);
  });

  test('without room nothing may be written', async () => {
    const full = failing(new DOMException('FILE_ERROR_NO_SPACE (ChromeMethodBFE: 3)', 'UnknownError'));
    await expect(startFreshLog(full)).rejects.toMatchObject({ code: 'storage/full' });
  });

  test('other failures, and no answer at all, keep nobody from the database', async () => {
    await expect(startFreshLog(failing(new DOMException('Odd', 'UnknownError')))).resolves.toBeUndefined();
    const silent = new IDBFactory();
    vi.spyOn(silent, 'open').mockReturnValue({} as IDBOpenDBRequest);
    await expect(startFreshLog(silent, 10)).resolves.toBeUndefined();
  });
});

describe('openDatabase', () => {
  const events = { onBlocked: vi.fn(), onOutdated: vi.fn() };

  test('has a fresh log before the first write, and again after each opening', async () => {
    const indexedDB = new IDBFactory();
    const deletion = vi.spyOn(indexedDB, 'deleteDatabase');
    const db = await openDatabase(events, { api: { indexedDB, IDBKeyRange } });
    expect(deletion).toHaveBeenCalledTimes(1);
    db.close({ disableAutoOpen: false });
    await db.settings.count();
    expect(deletion).toHaveBeenCalledTimes(2);
    db.close();
  });

  test('does not open where there is no room for one', async () => {
    const indexedDB = new IDBFactory();
    vi.spyOn(indexedDB, 'deleteDatabase').mockImplementation(() => {
      throw new DOMException('FILE_ERROR_NO_SPACE', 'UnknownError');
    });
    const opening = openDatabase(events, { api: { indexedDB, IDBKeyRange } });
    await expect(opening).rejects.toMatchObject({ code: 'storage/full' });
  });
});
