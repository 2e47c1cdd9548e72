import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { claimMachine, type ExclusiveEnvironment, type MachineClaim } from './exclusive.ts';

type Granted = (lock: Lock | null) => unknown;

/** Web Locks and a broadcast channel of one origin, shared by "tabs" of a test. Imitates the specification's rules. */
class FakeOrigin {
  #holder: { readonly steal: () => void } | null = null;
  readonly #queue: { readonly run: () => void }[] = [];
  readonly #listeners = new Set<(event: { data: unknown }) => void>();

  tab({ frozen = false } = {}): ExclusiveEnvironment {
    return {
      locks: {
        request: ((name: string, options: LockOptions, granted: Granted) =>
          this.#request(name, options, granted)) as LockManager['request'],
      },
      openChannel: () => {
        let own: ((event: { data: unknown }) => void) | null = null;
        return {
          addEventListener: (_: string, listener: unknown) => {
            own = listener as (event: { data: unknown }) => void;
            if (!frozen) this.#listeners.add(own);
          },
          postMessage: (data: unknown) => {
            for (const listener of this.#listeners)
              if (listener !== own) queueMicrotask(() => listener({ data }));
          },
          close: () => {
            if (own) this.#listeners.delete(own);
          },
        } as ReturnType<ExclusiveEnvironment['openChannel']>;
      },
    };
  }

  #request(name: string, options: LockOptions, granted: Granted): Promise<unknown> {
    expect(name).toBe('meditron-engine');
    return new Promise((resolve, reject) => {
      const run = (): void => {
        let stolen = false;
        const holder = {
          steal: () => {
            stolen = true;
            reject(new DOMException('stolen', 'AbortError'));
          },
        };
        this.#holder = holder;
        void Promise.resolve(granted({ name, mode: 'exclusive' })).then((value) => {
          if (stolen) return;
          this.#holder = null;
          resolve(value);
          this.#queue.shift()?.run();
        });
      };
      if (options.steal) {
        this.#holder?.steal();
        run();
      } else if (!this.#holder) run();
      else if (options.ifAvailable) resolve(granted(null));
      else {
        const waiting = { run };
        this.#queue.push(waiting);
        options.signal?.addEventListener('abort', () => {
          const at = this.#queue.indexOf(waiting);
          if (at === -1) return;
          this.#queue.splice(at, 1);
          reject(new DOMException('gave up', 'AbortError'));
        });
      }
    });
  }
}

describe('claimMachine', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  const claim = (
    tab: ExclusiveEnvironment,
    displayName: string,
    options: { takeOver?: boolean; onLetGo?: () => Promise<void> | void; signal?: AbortSignal } = {},
  ): Promise<MachineClaim> => claimMachine({ displayName, onLetGo: () => undefined, ...options }, tab);

  it('gives the machine to one tab, and tells the next one who has it', async () => {
    const origin = new FakeOrigin();
    await claim(origin.tab(), 'Meditron-7B');
    const second = claim(origin.tab(), 'Other');
    const refused = expect(second).rejects.toMatchObject({
      code: 'engine/in-use-elsewhere',
      details: { displayName: 'Meditron-7B' },
    });
    await vi.advanceTimersByTimeAsync(1_000);
    await refused;
  });

  it('is free again after release, which may be called twice', async () => {
    const origin = new FakeOrigin();
    const first = await claim(origin.tab(), 'A');
    first.release();
    first.release();
    await vi.advanceTimersByTimeAsync(0);
    await expect(claim(origin.tab(), 'B')).resolves.toBeDefined();
  });

  it('takes over when the holder has unloaded, not before', async () => {
    const origin = new FakeOrigin();
    const order: string[] = [];
    let freed: () => void = () => undefined;
    await claim(origin.tab(), 'A', {
      onLetGo: () => {
        order.push('asked to let go');
        return new Promise<void>((resolve) => {
          freed = () => {
            order.push('freed');
            resolve();
          };
        });
      },
    });
    const second = claim(origin.tab(), 'B', { takeOver: true }).then((got) => {
      order.push('taken over');
      return got;
    });
    await vi.advanceTimersByTimeAsync(2_000);
    expect(order).toEqual(['asked to let go']);
    freed();
    await vi.advanceTimersByTimeAsync(0);
    await second;
    expect(order).toEqual(['asked to let go', 'freed', 'taken over']);
  });

  it('steals from a tab that does not answer, which lets go as soon as it can', async () => {
    const origin = new FakeOrigin();
    const letGo = vi.fn();
    await claim(origin.tab({ frozen: true }), 'A', { onLetGo: letGo });
    const second = claim(origin.tab(), 'B', { takeOver: true });
    await vi.advanceTimersByTimeAsync(9_000);
    expect(letGo).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(2_000);
    await second;
    expect(letGo).toHaveBeenCalledOnce();
  });

  it('says nothing of a holder that does not answer', async () => {
    const origin = new FakeOrigin();
    await claim(origin.tab({ frozen: true }), 'A');
    const refused = expect(claim(origin.tab(), 'B')).rejects.toMatchObject({ details: { displayName: '' } });
    await vi.advanceTimersByTimeAsync(1_000);
    await refused;
  });

  it('can be stopped while it waits to take over', async () => {
    const origin = new FakeOrigin();
    const first = await claim(origin.tab(), 'A', { onLetGo: () => new Promise(() => undefined) });
    const stop = new AbortController();
    const refused = expect(
      claim(origin.tab(), 'B', { takeOver: true, signal: stop.signal }),
    ).rejects.toMatchObject({ code: 'aborted' });
    await vi.advanceTimersByTimeAsync(10);
    stop.abort();
    await refused;
    first.release();
    await vi.advanceTimersByTimeAsync(0);
    await expect(claim(origin.tab(), 'C')).resolves.toBeDefined();
  });

  it('does without where the browser has no locks', async () => {
    const got = await claimMachine({ displayName: 'A', onLetGo: () => undefined }, null);
    expect(() => got.release()).not.toThrow();
  });
});
