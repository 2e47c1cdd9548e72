import { afterEach, expect, it, vi } from 'vitest';
import { AppError } from '../../errors/app-error.ts';
import { deferred, type Deferred } from '../../lib/deferred.ts';
import type { AcquireRequest } from '../acquire/workers/acquire-protocol.ts';
import { installId } from '../catalogue/ids.ts';
import { MemoryInstallStore } from '../storage/install-store.ts';
import type { Acquisition } from '../storage/records.ts';
import { acquire, isWorking, resume, useModels, verify } from './models-store.ts';

/** What the worker was asked, and how each ends. */
const asked: { readonly request: AcquireRequest; readonly end: Deferred<number> }[] = [];

vi.mock('../acquire/workers/acquire-client.ts', () => ({
  isAsking: () => true,
  askAcquirer: (request: AcquireRequest) => {
    // As the acquirer, which says `models/busy` to a second one.
    if (asked.length > 0) return Promise.reject(new AppError('models/busy', 'another job runs in this tab'));
    const end = deferred<number>();
    asked.push({ request, end });
    return end.promise;
  },
}));
vi.mock('../../lib/secure-page.ts', () => ({ requireSecurePage: () => undefined }));
vi.mock('../storage/database-install-store.ts', () => ({
  openInstallStore: () => Promise.resolve(new MemoryInstallStore()),
}));

afterEach(() => {
  asked.length = 0;
});

it('a second press, before the worker says that it is at work, asks for nothing and leaves no failure', async () => {
  const id = installId('demo', 'q4f32_1');
  const presses = [acquire({} as Acquisition, [], id), acquire({} as Acquisition, [], id)];
  presses.push(resume(id), verify(id));
  expect(isWorking(useModels.getState())).toBe(true);
  await vi.waitFor(() => {
    expect(asked).toHaveLength(1);
  });
  asked[0]?.end.resolve(0);
  await Promise.all(presses);
  expect(useModels.getState().failures).toEqual(new Map());
  expect(isWorking(useModels.getState())).toBe(false);
});

it('what failed can be asked for again', async () => {
  const id = installId('demo', 'q4f32_1');
  const first = acquire({} as Acquisition, [], id);
  await vi.waitFor(() => {
    expect(asked).toHaveLength(1);
  });
  asked[0]?.end.reject(new AppError('bytes/offline', 'no network'));
  await first;
  expect([...useModels.getState().failures.keys()]).toEqual([id]);
  asked.length = 0;
  const second = resume(id);
  await vi.waitFor(() => {
    expect(asked).toHaveLength(1);
  });
  asked[0]?.end.resolve(0);
  await second;
  expect(useModels.getState().failures).toEqual(new Map());
});
