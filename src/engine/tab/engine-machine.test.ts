import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AppError } from '../../errors/app-error.ts';
import { loadedFixture } from '../contract/hosted.ts';
import { EngineMachine, type LoadRun, type WorkRun } from './engine-machine.ts';
import type { EngineState, LoadProgress, ModelToLoad } from '../port.ts';

const model: ModelToLoad = { engine: 'llamacpp', modelId: 'demo', displayName: 'Demo model' };
const loaded = loadedFixture();
const lostError = new AppError('engine/worker-crashed', 'gone');

function readyMachine(): EngineMachine {
  const machine = new EngineMachine();
  machine.beginLoad(model).ready(loaded);
  return machine;
}

describe('EngineMachine', () => {
  it('goes idle, loading, ready, generating, ready', () => {
    const machine = new EngineMachine();
    const seen: string[] = [];
    machine.subscribe((state) => seen.push(state.status));
    const load = machine.beginLoad(model);
    load.progress({ phase: 'fetch', loadedBytes: 1, totalBytes: 2 });
    expect(machine.state).toMatchObject({ status: 'loading', progress: { loadedBytes: 1 } });
    load.ready(loaded);
    machine.beginWork().end();
    expect(seen).toEqual(['loading', 'loading', 'ready', 'generating', 'ready']);
  });

  it('goes back to idle when a load is aborted, to failed when it fails', () => {
    const machine = new EngineMachine();
    const error = machine
      .beginLoad(model)
      .fail(new DOMException('stop', 'AbortError'), 'engine/bad-model-file');
    expect(error.code).toBe('aborted');
    expect(machine.state.status).toBe('idle');
    expect(machine.beginLoad(model).fail(new Error('odd'), 'engine/bad-model-file').code).toBe(
      'engine/bad-model-file',
    );
    expect(machine.state.status).toBe('failed');
    machine.beginLoad(model).ready(loaded);
    expect(machine.state.status).toBe('ready');
  });

  it('refuses work without a model, and a second piece of work', () => {
    const machine = new EngineMachine();
    expect(() => machine.beginWork()).toThrow(expect.objectContaining({ code: 'engine/not-loaded' }));
    machine.beginLoad(model).ready(loaded);
    machine.beginWork();
    expect(() => machine.beginWork()).toThrow(expect.objectContaining({ code: 'engine/busy' }));
    expect(machine.requireLoaded()).toBe(loaded);
  });

  it('lets a newer load supersede a load and work under way, without a moment between', () => {
    const machine = readyMachine();
    const seen: string[] = [];
    const work = machine.beginWork();
    machine.subscribe((state) => seen.push(state.status));
    const first = machine.beginLoad(model);
    work.end();
    const second = machine.beginLoad(model);
    first.fail(new AppError('aborted', 'overtaken'), 'unknown');
    first.ready(loaded);
    expect([work.current, first.current, second.current]).toEqual([false, false, true]);
    second.ready(loaded);
    expect(seen).toEqual(['loading', 'loading', 'ready']);
  });

  it('says why there is no model only where there is none', () => {
    const machine = readyMachine();
    machine.refuse(lostError);
    expect(machine.state.status).toBe('ready');
    machine.reset();
    machine.refuse(lostError);
    expect(machine.state).toEqual({ status: 'failed', error: lostError });
  });

  it('shows one bar that only grows, whatever the phases report', () => {
    const report = fc.record({
      phase: fc.constantFrom('fetch' as const, 'upload' as const, 'compile' as const),
      loadedBytes: fc.nat(100),
      totalBytes: fc.nat(100),
      share: fc.option(fc.double({ min: -1, max: 2, noNaN: true }), { nil: undefined }),
    });
    fc.assert(
      fc.property(fc.array(report), (reports) => {
        const machine = new EngineMachine();
        const load = machine.beginLoad(model);
        let before: LoadProgress | null = null;
        for (const { share, ...rest } of reports) {
          load.progress({ ...rest, ...(share !== undefined && { share }) });
          const { state } = machine;
          if (state.status !== 'loading') throw new Error(state.status);
          expect(state.progress).toMatchObject(rest);
          expect(state.progress.fraction).toBeGreaterThanOrEqual(before?.fraction ?? 0);
          expect(state.progress.fraction).toBeLessThanOrEqual(1);
          before = state.progress;
        }
      }),
    );
    const machine = new EngineMachine();
    const load = machine.beginLoad(model);
    load.progress({ phase: 'compile', loadedBytes: 0, totalBytes: 0, share: 1 });
    expect(machine.state).toMatchObject({ progress: { fraction: 1 } });
  });

  it('says why a model was lost, and loads again', () => {
    const machine = readyMachine();
    const work = machine.beginWork();
    machine.lose(lostError);
    work.end();
    expect(machine.state).toEqual({ status: 'lost', error: lostError, loaded });
    expect(() => machine.beginWork()).toThrow(lostError);
    machine.beginLoad(model).ready(loaded);
    expect(machine.state.status).toBe('ready');
  });

  it('lets nothing happen through a run that was superseded by unload', () => {
    const machine = new EngineMachine();
    const load = machine.beginLoad(model);
    machine.reset();
    load.ready(loaded);
    expect(load.current).toBe(false);
    expect(machine.state.status).toBe('idle');
    const next = machine.beginLoad(model);
    load.fail(new Error('late'), 'unknown');
    expect(machine.state.status).toBe('loading');
    expect(next.current).toBe(true);
  });

  it('stops calling a listener that left', () => {
    const machine = new EngineMachine();
    let calls = 0;
    const listener = (): void => {
      calls += 1;
    };
    const leave = machine.subscribe(listener);
    machine.subscribe(listener);
    leave();
    leave();
    machine.beginLoad(model);
    expect(calls).toBe(1);
  });

  it('only ever takes the transitions of the diagram, whatever the order of calls', () => {
    const allowed: Record<EngineState['status'], readonly EngineState['status'][]> = {
      idle: ['loading', 'failed'],
      loading: ['loading', 'ready', 'failed', 'idle'],
      ready: ['generating', 'loading', 'lost', 'idle'],
      generating: ['ready', 'loading', 'lost', 'idle'],
      failed: ['loading', 'idle'],
      lost: ['loading', 'idle'],
    };
    const step = fc.record({
      call: fc.constantFrom(
        'load',
        'progress',
        'ready',
        'fail',
        'abort',
        'work',
        'end',
        'lose',
        'refuse',
        'reset',
      ),
      run: fc.nat(5),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const machine = new EngineMachine();
        const loads: LoadRun[] = [];
        const works: WorkRun[] = [];
        let before = machine.state.status;
        machine.subscribe((state) => {
          expect(allowed[before]).toContain(state.status);
          before = state.status;
        });
        for (const { call, run } of steps) {
          const load = loads[run % Math.max(1, loads.length)];
          const work = works[run % Math.max(1, works.length)];
          const status = machine.state.status;
          try {
            if (call === 'load') loads.push(machine.beginLoad(model));
            else if (call === 'progress') load?.progress({ phase: 'upload', loadedBytes: 0, totalBytes: 0 });
            else if (call === 'ready') load?.ready(loaded);
            else if (call === 'fail') load?.fail(new Error('x'), 'unknown');
            else if (call === 'abort') load?.fail(new AppError('aborted', 'x'), 'unknown');
            else if (call === 'work') works.push(machine.beginWork());
            else if (call === 'end') work?.end();
            else if (call === 'lose') machine.lose(lostError);
            else if (call === 'refuse') machine.refuse(lostError);
            else machine.reset();
          } catch (thrown) {
            expect(thrown).toBeInstanceOf(AppError);
            expect(machine.state.status).toBe(status);
          }
          // At most one run of either kind can still change anything, and only in its own state.
          const live = [...loads, ...works].filter((one) => one.current).length;
          expect(live).toBe(['loading', 'generating'].includes(machine.state.status) ? 1 : 0);
        }
      }),
    );
  });
});
