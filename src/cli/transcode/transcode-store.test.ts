import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openStoreThread } from './transcode-store.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'transcode-store-'));
});
afterAll(() => rm(folder, { recursive: true }));

describe('the thread that stores shards', () => {
  it('writes and hashes what is handed over, and gives its memory back', async () => {
    const thread = openStoreThread(folder);
    const buffer = new ArrayBuffer(1000);
    const bytes = new Uint8Array(buffer, 0, 900).fill(7);
    const expected = bytes.slice();
    const stored = await thread.store('params_shard_0.bin', bytes);
    thread.close();
    expect(new Uint8Array(await readFile(join(folder, 'params_shard_0.bin')))).toEqual(expected);
    const hash = (name: string): string => createHash(name).update(expected).digest('hex');
    expect(stored.digest).toEqual({ md5: hash('md5'), sha256: hash('sha256') });
    expect([buffer.byteLength, stored.buffer.byteLength]).toEqual([0, 1000]);
  });

  it('says why it could not, and what happens once it is closed', async () => {
    const thread = openStoreThread(join(folder, 'missing'));
    const store = (): Promise<unknown> => thread.store('params_shard_0.bin', new Uint8Array(8));
    await expect(store()).rejects.toMatchObject({ code: 'storage/failed' });
    thread.close();
    await expect(store()).rejects.toMatchObject({ code: 'aborted' });
  });
});
