import { afterEach, expect, test, vi } from 'vitest';
import { openTestStore } from '../../conversations/data/test-store.ts';
import { isDue } from './storage-reminder.tsx';

const DAY = 24 * 3_600_000;

afterEach(() => {
  vi.unstubAllGlobals();
});

test('a reminder is good for thirty days, also where the clock was wrong when it was given', async () => {
  vi.stubGlobal('navigator', { storage: { persisted: () => Promise.resolve(false) } });
  const store = await openTestStore();
  const now = Date.now();
  expect(await isDue(store, now)).toBe(true);
  await store.db.settings.put({ key: 'transcripts/reminded', value: now });
  expect(await isDue(store, now + 29 * DAY)).toBe(false);
  expect(await isDue(store, now + 31 * DAY)).toBe(true);
  expect(await isDue(store, now - 3650 * DAY)).toBe(true);
});
