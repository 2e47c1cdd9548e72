import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { loadedFixture } from '../../engine/contract/hosted.ts';
import type { GenerateRequest, GenerationEvent } from '../../engine/port.ts';
import {
  assertAllMeasured,
  faster,
  find,
  keepMeasured,
  measuredFrom,
  readMeasured,
  secondsOfTurn,
  type Measured,
} from './comparison.ts';
import { browserName, makeRunReport, reportFileName, runReportSchema } from './run-report.ts';
import { measureSpeeds, TRIAL_PROMPT } from './trial.ts';

interface Pace {
  readonly prefillMs: number;
  readonly msAToken: number;
  /** Real milliseconds between tokens, for what is cut short. */
  readonly waitMs?: number;
}

/** A model that tells of such times; its reply is the prompt's length. */
function modelOf({ prefillMs, msAToken, waitMs = 0 }: Pace, asked: GenerateRequest[] = []) {
  return async function* (request: GenerateRequest, signal: AbortSignal): AsyncGenerator<GenerationEvent> {
    asked.push(request);
    const promptTokens = Math.ceil(request.prompt.length / 4);
    const over = (): boolean => signal.aborted;
    let tokens = 0;
    while (tokens < request.sampling.maxTokens && !over()) {
      if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
      if (over()) break;
      tokens += 1;
      const elapsedMs = prefillMs + (tokens - 1) * msAToken;
      yield { type: 'token', text: ` ${String(promptTokens)}`, completionTokens: tokens, elapsedMs };
    }
    yield {
      type: 'done',
      finishReason: over() ? 'aborted' : 'length',
      usage: { promptTokens, reusedTokens: 1, completionTokens: tokens },
      timings: { timeToFirstTokenMs: prefillMs, prefillMs, decodeMs: 0, decodeTokensPerSecond: 0 },
      seed: 1,
      ignored: [],
    };
  };
}

const signal = new AbortController().signal;

describe('a trial', () => {
  it('warms up, then measures reading and writing apart', async () => {
    const asked: GenerateRequest[] = [];
    const speeds = await measureSpeeds(modelOf({ prefillMs: 500, msAToken: 20 }, asked), signal);
    expect(asked.map(({ prompt }) => prompt === TRIAL_PROMPT)).toEqual([false, true]);
    const promptTokens = Math.ceil(TRIAL_PROMPT.length / 4) - 1;
    expect(speeds).toMatchObject({ promptTokens, writtenTokens: 64 });
    expect(speeds?.prefillTokensPerSecond).toBeCloseTo(promptTokens * 2);
    expect(speeds?.decodeTokensPerSecond).toBeCloseTo(50);
  });

  it('takes what came in its time, and says when that was nothing', async () => {
    const cut = await measureSpeeds(modelOf({ prefillMs: 10, msAToken: 10, waitMs: 10 }), signal, 120);
    expect(cut?.writtenTokens).toBeLessThan(64);
    expect(cut?.decodeTokensPerSecond).toBeCloseTo(100);
    // The warm-up is not timed, the trial is.
    expect(await measureSpeeds(modelOf({ prefillMs: 1, msAToken: 1, waitMs: 40 }), signal, 20)).toBeNull();
    const stopped = AbortSignal.abort();
    await expect(measureSpeeds(modelOf({ prefillMs: 1, msAToken: 1 }), stopped)).rejects.toThrow();
  });
});

describe('a report', () => {
  it('holds figures and hashes, and no text', async () => {
    const shares: number[] = [];
    const report = await makeRunReport({
      loaded: loadedFixture({
        backend: 'webgpu',
        adapter: 'Apple M3 (metal-3)',
        source: '/home/me/my-model.gguf',
      }),
      generate: modelOf({ prefillMs: 100, msAToken: 10 }),
      loadMs: 1234,
      app: { version: '0.1.0', commit: 'abc' },
      userAgent:
        'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36',
      now: new Date('2026-11-29T10:00:00Z'),
      signal,
      onProgress: (share) => shares.push(share),
    });
    expect(runReportSchema.parse(JSON.parse(JSON.stringify(report)))).toEqual(report);
    expect(report).toMatchObject({ browser: 'Chromium 142', loadMs: 1234, model: { source: '' } });
    expect(report.replies).toHaveLength(3);
    expect(new Set(report.replies.map(({ sha256 }) => sha256)).size).toBeGreaterThan(1);
    expect(shares).toEqual([0.25, 0.5, 0.75, 1]);
    expect(JSON.stringify(report)).not.toMatch(/my-model|Mozilla/);
    expect(reportFileName(report)).toBe('2026-11-29-apple-m3-metal-3.json');
    expect(reportFileName({ ...report, adapter: '', backend: 'cpu' })).toBe('2026-11-29-cpu.json');
  });

  it('names browsers and no more', () => {
    expect(browserName('… Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0')).toBe('Edge 142');
    expect(browserName('… Gecko/20100101 Firefox/145.0')).toBe('Firefox 145');
    expect(browserName('… Version/26.1 Safari/605.1.15')).toBe('Safari 26.1');
    expect(browserName('curl')).toBe('another browser');
  });
});

describe('a comparison', () => {
  const about = { adapter: 'A', build: '1 a', modelId: 'm', backend: 'webgpu' as const, at: 1 };
  const of = (form: string, prefill: number, decode: number | null): Measured => ({
    ...about,
    form,
    prefill,
    decode,
  });

  it('recommends what answers clearly sooner, and nothing where there is no telling', () => {
    const [gpu, gguf] = [of('q4f16_1', 300, 30), of('gguf', 100, 15)];
    expect(faster(gpu, gguf)).toBe(gpu);
    expect(faster(gguf, gpu)).toBe(gpu);
    expect(faster(gpu, of('gguf', 310, 30.5))).toBeNull();
    expect(faster(gpu, of('gguf', 3000, null))).toBe(gpu);
    expect(faster(of('a', 1, null), of('b', 1, null))).toBeNull();
    expect(secondsOfTurn(gpu)).toBeCloseTo(1 + 200 / 30);
  });

  it('is kept by adapter, build, model and form, and measured anew in place of the old', () => {
    const stored = new Map<string, string>();
    const storage = {
      getItem: (key: string) => stored.get(key) ?? null,
      setItem: (key: string, value: string) => void stored.set(key, value),
    };
    const speeds = {
      promptTokens: 9,
      prefillTokensPerSecond: 90,
      writtenTokens: 9,
      decodeTokensPerSecond: 9,
    };
    const first = measuredFrom({ ...about, form: 'gguf' }, speeds);
    if (!first) throw new Error('it was measured');
    keepMeasured(storage, [first, { ...first, adapter: 'B', prefill: 1 }]);
    keepMeasured(storage, [{ ...first, prefill: 100 }]);
    expect(find(readMeasured(storage), first)?.prefill).toBe(100);
    expect(find(readMeasured(storage), { ...first, adapter: 'B' })?.prefill).toBe(1);
    expect(find(readMeasured(storage), { ...first, build: '2 b' })).toBeNull();
    expect(measuredFrom({ ...about, form: 'gguf' }, null)).toBeNull();
    expect(() => {
      assertAllMeasured(['gguf', 'package'], [first]);
    }).toThrow(expect.objectContaining({ code: 'models/not-measured', details: { forms: 'package' } }));
    assertAllMeasured(['gguf'], [first]);
  });

  it('survives whatever lies in its place', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        const all = readMeasured({ getItem: () => text });
        expect(all.every(({ prefill }) => prefill > 0)).toBe(true);
      }),
    );
    expect(
      keepMeasured(
        {
          getItem: () => {
            throw new Error('forbidden');
          },
          setItem: () => {
            throw new Error('forbidden');
          },
        },
        [of('gguf', 1, 1)],
      ),
    ).toHaveLength(1);
  });
});
