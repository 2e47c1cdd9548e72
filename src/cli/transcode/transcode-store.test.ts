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
    // More than is written at a time, and no multiple of it.
    const buffer = new ArrayBuffer(1_200_000);
    const bytes = Uint8Array.from({ length: 1_199_999 }, (_, at) => at * 31 + (at >> 8));
    new Uint8Array(buffer).set(bytes);
    const expected = bytes.slice();
    const stored = await thread.writeHashed('params_shard_0.bin', new Uint8Array(buffer, 0, bytes.length));
    thread.close();
    expect(new Uint8Array(await readFile(join(folder, 'params_shard_0.bin')))).toEqual(expected);
    const hash = (name: string): string => createHash(name).update(expected).digest('hex');
    expect(stored.digest).toEqual({ md5: hash('md5'), sha256: hash('sha256') });
    expect([buffer.byteLength, stored.buffer.byteLength]).toEqual([0, 1_200_000]);
  });

  it('says why it could not, and what happens once it is closed', async () => {
    const thread = openStoreThread(join(folder, 'missing'));
    const store = (): Promise<unknown> => thread.writeHashed('params_shard_0.bin', new Uint8Array(8));
    await expect(store()).rejects.toMatchObject({ code: 'storage/failed' });
    thread.close();
    await expect(store()).rejects.toMatchObject({ code: 'aborted' });
  });
});
