import { afterEach, beforeEach, describe, expect, expectTypeOf, it, vi } from 'vitest';
import { AppError } from '../../errors/app-error.ts';
import { WorkerHere } from './worker-here.ts';
import { answerCalls, answerHere, WorkerRpc, type AnswerOptions, type Handlers } from './worker-rpc.ts';

interface Calls {
  readonly double: { readonly argument: number; readonly report: never; readonly result: number };
  readonly read: {
    readonly argument: { readonly parts: number };
    readonly report: { readonly part: number };
    readonly result: string;
  };
  readonly wait: { readonly argument: null; readonly report: string; readonly result: string };
  readonly take: { readonly argument: ArrayBuffer; readonly report: never; readonly result: ArrayBuffer };
  readonly fail: { readonly argument: string; readonly report: never; readonly result: never };
}

const handlers: Handlers<Calls> = {
  double: (argument) => argument * 2,
  read: async ({ parts }, { report }) => {
    for (let part = 1; part <= parts; part += 1) {
      await Promise.resolve();
      report({ part });
    }
    return 'read';
  },
  wait: (_argument, { signal, report }) => {
    report('waiting');
    return new Promise((resolve) => {
      signal.addEventListener('abort', () => resolve('stopped'));
      if (signal.aborted) resolve('stopped');
    });
  },
  take: (buffer, { transfer }) => {
    transfer.push(buffer);
    return buffer;
  },
  fail: (argument) => {
    const cause = new RangeError('too far');
    throw new AppError('storage/full', argument, { bytes: 5 }, { cause });
  },
};

function setUp(options: AnswerOptions<Calls> = {}, answers: Handlers<Calls> | null = handlers) {
  const ends: AppError[] = [];
  let lose: (error: AppError) => void = () => undefined;
  const worker = new WorkerHere(
    answers === null ? undefined : (scope) => (lose = answerCalls(scope, answers, options)),
  );
  const rpc = new WorkerRpc<Calls>(() => worker, {
    blocked: 'engine/worker-blocked',
    crashed: 'engine/worker-crashed',
    onEnd: (error) => ends.push(error),
  });
  return { rpc, worker, ends, lose: (error: AppError) => lose(error) };
}

const silence = { ms: () => 1000, code: 'engine/load-timeout' } as const;

describe('calls of a worker', () => {
  it('have arguments, reports and results of their name', async () => {
    const { rpc, worker } = setUp();
    const parts: number[] = [];
    const [doubled, read] = await Promise.all([
      rpc.call('double', 21),
      rpc.call('read', { parts: 3 }, { onReport: ({ part }) => parts.push(part) }),
    ]);
    expectTypeOf(doubled).toEqualTypeOf<number>();
    expectTypeOf(read).toEqualTypeOf<string>();
    expect([doubled, read, parts]).toEqual([42, 'read', [1, 2, 3]]);
    expect(worker.called).toEqual(['double', 'read']);
    expect(rpc.openCalls).toBe(0);
    // @ts-expect-error a name of no request
    await expect(rpc.call('triple', 1)).rejects.toMatchObject({ code: 'unknown' });
    // @ts-expect-error an argument of another request
    expect(await rpc.call('double', { parts: 1 })).toBeNaN();
  });

  it('throw what the handler threw, as the same class with code, details and cause', async () => {
    const { rpc } = setUp();
    const error: unknown = await rpc.call('fail', 'no room').catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(AppError);
    expect(error).toMatchObject({
      code: 'storage/full',
      message: 'no room',
      details: { bytes: 5 },
      cause: { name: 'RangeError', message: 'too far' },
    });
    expect(await rpc.call('double', 1)).toBe(2);
  });

  it('give foreign errors the code their worker chooses', async () => {
    const errorOf = (thrown: unknown, name: string): AppError =>
      new AppError('transcode/malformed', `${name}: ${String(thrown)}`);
    const read = (): never => {
      throw new TypeError('odd');
    };
    const { rpc } = setUp({ errorOf }, { ...handlers, read });
    await expect(rpc.call('read', { parts: 1 })).rejects.toMatchObject({
      code: 'transcode/malformed',
      message: 'read: TypeError: odd',
    });
  });

  it('are cancelled by their signal alone', async () => {
    const { rpc } = setUp();
    const stop = new AbortController();
    const [first, second] = [rpc.call('wait', null, { signal: stop.signal }), rpc.call('wait', null)];
    expect(await rpc.call('wait', null, { signal: AbortSignal.abort() })).toBe('stopped');
    stop.abort();
    expect(await first).toBe('stopped');
    expect(rpc.openCalls).toBe(1);
    rpc.end(new AppError('aborted', 'enough'));
    await expect(second).rejects.toMatchObject({ code: 'aborted', message: 'enough' });
    await expect(rpc.call('double', 1)).rejects.toMatchObject({ code: 'aborted' });
  });

  it('hand buffers over and get them back', async () => {
    const { rpc } = setUp();
    const buffer = new ArrayBuffer(8);
    const back = await rpc.call('take', buffer, { transfer: [buffer] });
    expect([buffer.byteLength, back.byteLength]).toEqual([0, 8]);
  });

  it('end with the worker, once, with what it died of', async () => {
    const { rpc, worker, ends } = setUp();
    await rpc.call('double', 1);
    const waiting = rpc.call('wait', null).catch((thrown: unknown) => thrown);
    worker.fail('out of memory');
    expect(await waiting).toMatchObject({ code: 'engine/worker-crashed', message: 'out of memory' });
    worker.fail('again');
    rpc.end(new AppError('aborted', 'late'));
    expect(ends).toHaveLength(1);
    expect(worker.terminated).toBe(true);
  });

  it('end when the worker says that it is of no more use, in place of an answer', async () => {
    const { rpc, ends } = setUp({ isFatal: ({ code }, name) => name === 'fail' && code === 'storage/full' });
    const waiting = rpc.call('wait', null).catch((thrown: unknown) => thrown);
    await expect(rpc.call('fail', 'gone')).rejects.toMatchObject({ code: 'storage/full' });
    expect(await waiting).toMatchObject({ code: 'storage/full' });
    expect(ends).toMatchObject([{ code: 'storage/full' }]);
    const other = setUp();
    other.lose(new AppError('engine/device-lost', 'unasked'));
    await vi.waitFor(() => expect(other.ends).toMatchObject([{ code: 'engine/device-lost' }]));
  });
});

describe('a worker that says nothing', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('is given up when it never starts', async () => {
    const { rpc, ends, worker } = setUp({}, null);
    const call = rpc.call('double', 1).catch((thrown: unknown) => thrown);
    await vi.advanceTimersByTimeAsync(31_000);
    expect(await call).toMatchObject({ code: 'engine/worker-blocked' });
    expect([ends.length, worker.terminated]).toEqual([1, true]);
  });

  it('is blocked, not crashed, when its script fails before a word, or cannot be made', async () => {
    const { rpc, worker } = setUp({}, null);
    const call = rpc.call('double', 1).catch((thrown: unknown) => thrown);
    worker.fail('');
    expect(await call).toMatchObject({ code: 'engine/worker-blocked', details: { started: false } });
    const make = (): never => {
      throw new DOMException('policy', 'SecurityError');
    };
    const codes = { blocked: 'engine/worker-blocked', crashed: 'engine/worker-crashed' } as const;
    expect(() => new WorkerRpc<Calls>(make, codes)).toThrow(
      expect.objectContaining({ code: 'engine/worker-blocked' }),
    );
  });

  it('may be silent as long as a call allows, asked anew at every word', async () => {
    const { rpc, worker } = setUp();
    await vi.advanceTimersByTimeAsync(0);
    const heard: string[] = [];
    const options = { silence, onReport: (word: string) => heard.push(word) };
    const call = rpc.call('wait', null, options).catch((thrown: unknown) => thrown);
    for (let word = 0; word < 5; word += 1) {
      await vi.advanceTimersByTimeAsync(900);
      worker.say({ type: 'report', id: worker.idOf('wait'), report: 'still' });
    }
    expect(rpc.openCalls).toBe(1);
    await vi.advanceTimersByTimeAsync(1000);
    expect(await call).toMatchObject({ code: 'engine/load-timeout', details: { during: 'wait', ms: 1000 } });
    expect(heard).toHaveLength(6);
  });

  it('may be silent for ever where no limit was set', async () => {
    const { rpc } = setUp();
    const stop = new AbortController();
    const call = rpc.call('wait', null, { signal: stop.signal });
    await vi.advanceTimersByTimeAsync(24 * 3600_000);
    stop.abort();
    expect(await call).toBe('stopped');
  });
});

describe('answerHere', () => {
  it('answers the same calls on this thread, until it is ended', async () => {
    const here = answerHere(handlers);
    const parts: number[] = [];
    expect(await here.call('double', 4)).toBe(8);
    expect(await here.call('read', { parts: 2 }, { onReport: ({ part }) => parts.push(part) })).toBe('read');
    expect(parts).toEqual([1, 2]);
    await expect(here.call('fail', 'no')).rejects.toMatchObject({ code: 'storage/full' });
    here.end(new AppError('aborted', 'over'));
    await expect(here.call('double', 4)).rejects.toMatchObject({ code: 'aborted' });
  });
});
