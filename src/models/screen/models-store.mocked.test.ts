import { beforeEach, expect, it, vi } from 'vitest';
import { AppError } from '../../errors/app-error.ts';
import { deferred, type Deferred } from '../../lib/deferred.ts';
import type { AcquireRequest } from '../acquire/workers/acquire-protocol.ts';
import { installId } from '../catalogue/ids.ts';
import { MemoryInstallStore } from '../storage/install-store.ts';
import type { Acquisition } from '../storage/records.ts';
import { acquire, isWorking, resume, useModels, verify } from './models-store.ts';

/** What the worker was asked, and how each ends. */
const asked: { readonly request: AcquireRequest; readonly end: Deferred<number>; ended: boolean }[] = [];

/** @returns once the worker was asked so often. */
function nthAsked(count: number): Promise<(typeof asked)[number]> {
  return vi.waitFor(() => {
    const job = asked[count - 1];
    if (!job) throw new Error('not asked yet');
    return job;
  });
}

vi.mock('../acquire/workers/acquire-client.ts', () => ({
  isAsking: () => true,
  askAcquirer: (request: AcquireRequest) => {
    // As the acquirer, which says `models/busy` to a second one.
    const busy = asked.some(({ ended }) => !ended);
    if (busy) return Promise.reject(new AppError('models/busy', 'another job runs in this tab'));
    const end = deferred<number>();
    const job = { request, end, ended: false };
    asked.push(job);
    return end.promise.finally(() => {
      job.ended = true;
    });
  },
}));
vi.mock('../../lib/secure-page.ts', () => ({ requireSecurePage: () => undefined }));
vi.mock('../storage/database-install-store.ts', () => ({
  openInstallStore: () => Promise.resolve(new MemoryInstallStore()),
}));

const ID = installId('demo', 'q4f32_1');
const ACQUISITION = {} as Acquisition;
const FILE = { path: 'demo.gguf', file: new File([], 'demo.gguf') };

beforeEach(() => {
  asked.length = 0;
  useModels.setState({ filesHeld: new Set(), failures: new Map() });
});

it('a second press, before the worker says that it is at work, asks for nothing and leaves no failure', async () => {
  const presses = [acquire(ACQUISITION, [], ID), acquire(ACQUISITION, [], ID), resume(ID), verify(ID)];
  expect(isWorking(useModels.getState())).toBe(true);
  (await nthAsked(1)).end.resolve(0);
  await Promise.all(presses);
  expect(asked).toHaveLength(1);
  expect(useModels.getState().failures).toEqual(new Map());
  expect(isWorking(useModels.getState())).toBe(false);
});

it('what failed can be asked for again', async () => {
  const first = acquire(ACQUISITION, [], ID);
  (await nthAsked(1)).end.reject(new AppError('bytes/offline', 'no network'));
  await first;
  expect([...useModels.getState().failures.keys()]).toEqual([ID]);
  const second = resume(ID);
  (await nthAsked(2)).end.resolve(0);
  await second;
  expect(useModels.getState().failures).toEqual(new Map());
});

it.each([
  ['bytes/changed', true],
  // It never got them, it lost them with all else, it says so itself.
  ['models/busy', false],
  ['models/worker-failed', false],
  ['models/file-needed', false],
] as const)('after %s the worker still has the chosen files: %s', async (code, held) => {
  const first = acquire(ACQUISITION, [FILE], ID);
  (await nthAsked(1)).end.reject(new AppError('aborted', 'paused'));
  await first;
  expect([...useModels.getState().filesHeld]).toEqual([ID]);
  const second = code === 'models/busy' ? resume('install:other/gguf', [FILE]) : resume(ID);
  (await nthAsked(2)).end.reject(new AppError(code, 'no'));
  await second;
  const id = code === 'models/busy' ? 'install:other/gguf' : ID;
  expect(useModels.getState().filesHeld.has(id)).toBe(held);
});
