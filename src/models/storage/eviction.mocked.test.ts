import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { create } from 'zustand';
import type { InstallRecord } from './records.ts';
import { findLoss } from './eviction.ts';

const database = vi.hoisted(() => ({ reads: 0, closed: false }));

vi.mock('../../conversations/data/store.ts', () => ({
  newId: () => 'm',
  conversationStore: () => Promise.resolve({ persistent: true }),
}));
vi.mock('../../conversations/data/settings.ts', () => ({
  getSetting: () => {
    database.reads += 1;
    return database.closed ? Promise.reject(new Error('DatabaseClosedError')) : Promise.resolve('m');
  },
  putSetting: () => Promise.resolve(),
}));
vi.mock('../../conversations/panel/stored-counts.ts', () => ({
  countStored: () => Promise.resolve({ chats: 0 }),
}));
vi.mock('../screen/models-store.ts', () => ({
  startModels: () => Promise.resolve(),
  tidy: () => Promise.resolve(),
  useModels: create(() => ({ installs: [] as readonly InstallRecord[], active: null as unknown })),
}));

const { useModels } = await import('../screen/models-store.ts');
const unhandled: unknown[] = [];
const note = (reason: unknown): void => void unhandled.push(reason);

beforeEach(() => {
  vi.stubGlobal('localStorage', { getItem: () => null, setItem: () => undefined });
  process.on('unhandledRejection', note);
});
afterEach(() => {
  vi.unstubAllGlobals();
  process.off('unhandledRejection', note);
});

it('remembers what is here when that changes, not with each figure of a transfer, and a closed database is no fault', async () => {
  await findLoss();
  const before = database.reads;
  useModels.setState({ active: {} as never });
  expect(database.reads).toBe(before);
  useModels.setState({ installs: [] });
  await vi.waitFor(() => {
    expect(database.reads).toBe(before + 1);
  });
  database.closed = true;
  useModels.setState({ installs: [] });
  await vi.waitFor(() => {
    expect(database.reads).toBe(before + 2);
  });
  // Unhandled rejections are told before a later task begins.
  await new Promise((done) => setImmediate(done));
  expect(unhandled).toEqual([]);
});
