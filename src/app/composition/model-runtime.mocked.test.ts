import { beforeEach, describe, expect, it, vi } from 'vitest';
import type * as EngineStoreModule from '../../engine/tab/engine-store.ts';
import { loadedFixture } from '../../engine/contract/hosted.ts';

import type { Engine, LoadedModel, ModelToLoad } from '../../engine/port.ts';
import type { TabEngine } from '../../engine/tab/tab-engine.ts';
import { AppError } from '../../errors/app-error.ts';
import { deferred, type Deferred } from '../../lib/deferred.ts';
import { chatModel } from './model-runtime.ts';

const slow = vi.hoisted(() => ({ loads: [] as unknown[] }));
const loads = slow.loads as Deferred<null>[];

vi.mock('../../engine/tab/engine-store.ts', async (original) => {
  const store = await original<typeof EngineStoreModule>();
  const { hosted: host } = await import('../../engine/contract/hosted.ts');
  const engine = {
    load: async (model: ModelToLoad, { signal }: { readonly signal: AbortSignal }) => {
      const end = deferred<null>();
      slow.loads.push(end);
      signal.addEventListener('abort', () => end.reject(new AppError('aborted', 'overtaken')));
      await end.promise;
      return loadedFixture(model);
    },
    unload: () => Promise.resolve(),
  };
  const tabEngine = host('slow', engine as unknown as Engine);
  return { ...store, tabEngine, useEngine: store.mirrorOf(tabEngine) };
});

const { tabEngine } = (await import('../../engine/tab/engine-store.ts')) as unknown as {
  tabEngine: TabEngine;
};

const model = (modelId: string): ModelToLoad => ({ engine: 'slow', modelId, displayName: modelId });
const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));

beforeEach(async () => {
  await tabEngine.unload();
  loads.length = 0;
});

describe('waiting for a model', () => {
  it('ends with its signal, and the load goes on', async () => {
    const loading = tabEngine.load(model('a'));
    const stop = new AbortController();
    const waiting = chatModel.ensureLoaded(stop.signal);
    await settle();
    stop.abort();
    await expect(waiting).rejects.toMatchObject({ code: 'aborted' });
    expect(tabEngine.state.status).toBe('loading');
    loads[0]?.resolve(null);
    expect(await loading).toMatchObject({ modelId: 'a' });
    expect(await chatModel.ensureLoaded(new AbortController().signal)).toMatchObject({ modelId: 'a' });
  });

  it('gives the model that took the place of the one it waited for', async () => {
    const first = tabEngine.load(model('a')).catch((thrown: unknown) => thrown);
    const waiting: Promise<LoadedModel> = chatModel.ensureLoaded(new AbortController().signal);
    await settle();
    const second = tabEngine.load(model('b'));
    await settle();
    loads[1]?.resolve(null);
    await second;
    expect(await waiting).toMatchObject({ modelId: 'b' });
    expect(await first).toMatchObject({ code: 'aborted' });
  });

  it('says why there is none, or that loading was cancelled', async () => {
    const loading = tabEngine.load(model('a')).catch((thrown: unknown) => thrown);
    const waiting = chatModel.ensureLoaded(new AbortController().signal);
    await settle();
    loads[0]?.reject(new AppError('engine/out-of-memory', 'too large'));
    await expect(waiting).rejects.toMatchObject({ code: 'engine/out-of-memory' });
    await loading;
    const cancelled = tabEngine.load(model('b')).catch((thrown: unknown) => thrown);
    const left = chatModel.ensureLoaded(new AbortController().signal);
    await settle();
    await tabEngine.unload();
    await expect(left).rejects.toMatchObject({ code: 'engine/not-loaded' });
    await cancelled;
  });
});
