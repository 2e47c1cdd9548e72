import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { beforeEach, describe, expect, it } from 'vitest';
import { fakeLogits } from '../../../contract/fake-logits.ts';
import {
  PIPELINE_MEMBERS,
  pipelineOf,
  proveRollBack,
  WebLlmPipeline,
  type Pipeline,
} from './web-llm-internals.ts';

const require = createRequire(import.meta.url);
const source = readFileSync(require.resolve('@mlc-ai/web-llm'), 'utf8');
const pipelineSource = source.slice(
  source.indexOf('class LLMChatPipeline {'),
  source.indexOf('\nclass Chat {'),
);

describe('the installed web-llm', () => {
  it('has every member of the pipeline that the engine uses', () => {
    for (const [name, type] of Object.entries(PIPELINE_MEMBERS)) {
      const definition =
        type === 'function' ? new RegExp(`^ {4}${name}\\(`, 'm') : new RegExp(`this\\.${name} = `);
      expect(definition.test(pipelineSource), name).toBe(true);
    }
    expect(source.includes('this.loadedModelIdToPipeline = new Map()')).toBe(true);
  });

  it('feeds tokens as the engine expects: one function for prefill and decode, no sampling in it', () => {
    const body = methodBody('forwardKnownTokens(inputIds, isPrefill)');
    expect(body).toContain('this.embedAndForward(chunk, chunkLen)');
    expect(body).toContain('detachFromCurrentScope(logits)');
    expect(body).not.toContain('sampleFromRawLogits');
  });

  it('copies logits to the CPU as its own logit processors get them', () => {
    const body = methodBody('sampleFromRawLogits(logitsOnGPU, genConfig)');
    expect(body).toMatch(
      /this\.updateLogitsOnCPU\(logitsOnGPU\);[\s\S]{0,80}endScope\(\);\s+yield this\.device\.sync\(\);/,
    );
    expect(body).toContain('this.logitsOnCPU.toArray()');
    // The public way by a LogitProcessor goes on from there: why it is not used.
    expect(body.match(/this\.device\.sync\(\)/g)).toHaveLength(2);
    expect(body).toContain('this.fargsortProbs(probs)');
  });

  it('empties the KV cache and its count in resetChat', () => {
    // Called through `MLCEngine.resetChat`, which is public.
    const body = methodBody('resetChat(keepStats = false)');
    expect(body).toContain('this.resetKVCache()');
    expect(body).toContain('this.filledKVCacheLength = 0');
  });

  function methodBody(signature: string): string {
    const start = pipelineSource.indexOf(`    ${signature} {`);
    expect(start, signature).toBeGreaterThan(-1);
    return pipelineSource.slice(start, pipelineSource.indexOf('\n    }\n', start));
  }
});

/** Behaves like web-llm's pipeline over a KV cache that is a list of ids. */
class FakeInternals {
  cache: number[] = [];
  filledKVCacheLength = 0;
  prefillChunkSize = 16;
  fullVocabSize = 50;
  kvCache = {};
  tokenizer = {};
  /** Scopes opened and not closed, tensors alive. */
  openScopes = 0;
  tensors = 0;
  hasPop = true;
  /** What a broken library would do on a rollback. */
  popRemoves = (count: number): void => {
    this.cache = this.cache.slice(0, -count);
  };
  #pending: Float32Array | null = null;
  #onCpu: Float32Array = new Float32Array(50);

  device = {
    sync: () => {
      if (this.#pending) this.#onCpu = this.#pending;
      this.#pending = null;
      return Promise.resolve();
    },
  };

  tvm = {
    beginScope: () => (this.openScopes += 1),
    endScope: () => (this.openScopes -= 1),
    detachFromCurrentScope: <T>(value: T): T => value,
    scalar: (value: number, dtype: string) => ({ value, dtype }),
    getGlobalFunc: (name: string) => {
      if (!this.hasPop) throw new Error(`Cannot find global function ${name}`);
      return (_state: unknown, sequence: { value: number }, count: { value: number; dtype: string }) => {
        expect([name, sequence.value, count.dtype]).toEqual(['vm.builtin.kv_state_popn', 0, 'int32']);
        this.popRemoves(count.value);
      };
    },
  };

  resetChat(): void {
    this.cache = [];
    this.filledKVCacheLength = 0;
  }

  forwardKnownTokens(
    ids: number[],
  ): Promise<{ values: Float32Array; toArray(): Float32Array; dispose(): void }> {
    if (ids.length > this.prefillChunkSize) throw new Error('chunk');
    this.cache.push(...ids);
    this.filledKVCacheLength += ids.length;
    this.tensors += 1;
    const values = fakeLogits(this.cache, this.fullVocabSize);
    return Promise.resolve({ values, toArray: () => values, dispose: () => (this.tensors -= 1) });
  }

  updateLogitsOnCPU(logits: { values: Float32Array }) {
    this.#pending = logits.values;
    return { toArray: () => this.#onCpu, dispose: () => undefined };
  }

  asPipeline(): Pipeline {
    const engine = { loadedModelIdToPipeline: new Map([['m', this]]) };
    return pipelineOf(engine, 'm');
  }
}

const over = (internals: FakeInternals, rollBack: boolean): WebLlmPipeline =>
  new WebLlmPipeline(internals.asPipeline(), {
    rollBack,
    contextLength: 64,
    reset: () => {
      internals.resetChat();
      return Promise.resolve();
    },
  });

describe('WebLlmPipeline', () => {
  let internals: FakeInternals;
  beforeEach(() => {
    internals = new FakeInternals();
  });

  it('waits for the GPU before it reads logits, and frees what it took', async () => {
    const pipeline = over(internals, true);
    await pipeline.feed([1, 2]);
    const logits = await pipeline.forward([3]);
    expect(logits).toEqual(fakeLogits([1, 2, 3], 50));
    expect(pipeline.cachedTokens).toBe(3);
    expect([internals.openScopes, internals.tensors]).toEqual([0, 0]);
  });

  it('rolls back, and keeps web-llm’s own count right', async () => {
    const pipeline = over(internals, true);
    await pipeline.feed([1, 2, 3, 4]);
    pipeline.drop(2);
    expect(internals.cache).toEqual([1, 2]);
    expect(pipeline.cachedTokens).toBe(2);
    expect(await pipeline.forward([9])).toEqual(fakeLogits([1, 2, 9], 50));
  });

  it('does without a rollback where the library has none or it is not wanted', () => {
    expect(over(internals, false).canRollBack).toBe(false);
    internals.hasPop = false;
    const pipeline = over(internals, true);
    expect(pipeline.canRollBack).toBe(false);
    expect(() => pipeline.drop(1)).toThrow();
    expect(internals.openScopes).toBe(0);
  });

  it('refuses logits of another length, as a library for another model would give', async () => {
    const pipeline = over(internals, true);
    internals.fullVocabSize = 49;
    const logits = pipeline.forward([1]);
    internals.fullVocabSize = 50;
    await expect(logits).rejects.toMatchObject({ code: 'engine/generation-failed' });
  });
});

describe('proveRollBack', () => {
  const sentence = [5, 6, 7, 8, 9, 10, 11];

  it('accepts a rollback that leaves no trace, and empties the cache', async () => {
    const internals = new FakeInternals();
    const pipeline = over(internals, true);
    await proveRollBack(pipeline, sentence);
    expect(pipeline.canRollBack).toBe(true);
    expect(pipeline.cachedTokens).toBe(0);
  });

  it('finds out a rollback that forgets too little or too much', async () => {
    for (const wrong of [0, 1]) {
      const internals = new FakeInternals();
      internals.popRemoves = (count) => {
        internals.cache = internals.cache.slice(0, internals.cache.length - count * wrong - 1);
      };
      const pipeline = over(internals, true);
      await proveRollBack(pipeline, sentence);
      expect(pipeline.canRollBack).toBe(false);
    }
  });
});

describe('pipelineOf', () => {
  it('says so when a load ended with nothing loaded', () => {
    expect(() => pipelineOf({ loadedModelIdToPipeline: new Map() }, 'm')).toThrow(
      expect.objectContaining({ code: 'engine/not-loaded' }),
    );
  });

  it('names the member another version of web-llm lacks', () => {
    const pipeline = new FakeInternals();
    Reflect.set(pipeline, 'updateLogitsOnCPU', undefined);
    expect(() => pipelineOf({ loadedModelIdToPipeline: new Map([['m', pipeline]]) }, 'm')).toThrow(
      expect.objectContaining({
        code: 'engine/unsupported-option',
        details: expect.objectContaining({ name: 'updateLogitsOnCPU' }) as unknown,
      }),
    );
  });
});
