import { expect, it } from 'vitest';
import type { Provenance } from '../../database/records.ts';
import type { GenerateRequest, GenerationEvent } from '../../engine/port.ts';
import { LOADED } from '../session/test-model.ts';
import { circumstances, replay } from './replay.ts';

const PROVENANCE = {
  modelId: LOADED.modelId,
  modelName: LOADED.displayName,
  quantization: LOADED.quantization,
  sourceSha256: LOADED.sourceSha256,
  engine: 'llamacpp',
  engineVersion: '0',
  backend: 'webgpu',
  adapter: 'some adapter',
  librarySha256: '',
  promptFormat: 'demo',
  prompt: '### User: Why?\n### Assistant:',
  stops: ['###', 'END'],
  sampling: { temperature: 0.7, topP: 1, topK: 0, repetitionPenalty: 1, seed: null, maxTokens: 99 },
  seedUsed: 42,
  completionTokens: 2,
  finishReason: 'stop',
} as unknown as Provenance;

const choice = (text: string) => ({ id: text.length, text, logProbability: -1 });
const traceOf = (...texts: string[]) => ({
  start: 0,
  from: 0,
  tokens: texts.map((text) => ({ ...choice(text), alternatives: [] })),
});

function modelSaying(...texts: string[]) {
  const asked: GenerateRequest[] = [];
  return {
    asked,
    async *generate(request: GenerateRequest): AsyncGenerator<GenerationEvent> {
      asked.push(request);
      for (const text of texts) {
        const tokens =
          request.topAlternatives === undefined ? {} : { tokens: [{ ...choice(text), alternatives: [] }] };
        yield await Promise.resolve({ type: 'token', text, completionTokens: 1, elapsedMs: 1, ...tokens });
      }
      yield {
        type: 'done',
        finishReason: 'stop',
        usage: { promptTokens: 1, reusedTokens: 0, completionTokens: texts.length },
        timings: { timeToFirstTokenMs: 1, prefillMs: 1, decodeMs: 1, decodeTokensPerSecond: 1 },
        seed: 42,
        ignored: [],
      };
    },
  };
}

const run = (
  model: ReturnType<typeof modelSaying>,
  text: string,
  over: Partial<Provenance> = {},
  edited = false,
) =>
  replay(
    { text, edited, provenance: { ...PROVENANCE, ...over } },
    model,
    LOADED,
    new AbortController().signal,
  );

it('asks exactly what was asked, with the seed that was drawn', async () => {
  const model = modelSaying(' Rest', '.');
  const { comparison } = await run(model, 'Rest.');
  expect(model.asked[0]).toEqual({
    prompt: PROVENANCE.prompt,
    stops: ['###', 'END'],
    sampling: { ...PROVENANCE.sampling, seed: 42 },
  });
  expect(comparison).toEqual({ kind: 'same', unit: 'character', count: 5 });
});

it('names the first token where they part', async () => {
  const sampling = { ...PROVENANCE.sampling, topAlternatives: 5 };
  const model = modelSaying(' Rest', ' now', '.');
  const { comparison } = await run(model, 'Rest well.', { sampling, tokens: traceOf(' Rest', ' well', '.') });
  expect(model.asked[0]?.topAlternatives).toBe(5);
  expect(comparison).toMatchObject({
    kind: 'parted',
    unit: 'token',
    at: 1,
    before: ' Rest',
    there: ' well',
    here: ' now',
  });
});

it('compares only what this request wrote of a reply that was gone on with', async () => {
  const sampling = { ...PROVENANCE.sampling, topAlternatives: 5 };
  const tokens = { ...traceOf(' Rest', ' well', '.'), from: 1 };
  const whole = await run(modelSaying(' well', '.'), 'Rest well.', { sampling, tokens, continues: 4 });
  expect(whole).toMatchObject({ text: 'Rest well.', comparison: { kind: 'same', count: 2 } });
  const plain = await run(modelSaying(' well', '.'), 'Rest well.', { continues: 4 });
  expect(plain.comparison).toMatchObject({ kind: 'same', unit: 'character' });
});

it('follows a stopped reply only as far as it came, and judges no text changed by hand', async () => {
  const model = modelSaying(' Rest');
  await run(model, 'Rest', { finishReason: 'aborted' });
  expect(model.asked[0]?.sampling.maxTokens).toBe(2);
  expect((await run(modelSaying(' Rest'), 'Sleep', {}, true)).comparison).toBeNull();
});

it('refuses a record without a prompt', async () => {
  await expect(run(modelSaying(), 'x', { prompt: '' })).rejects.toMatchObject({
    code: 'conversation/no-prompt',
  });
});

it('names both adapters', () => {
  const facts = circumstances(PROVENANCE, LOADED, (kind) => kind);
  expect(facts.find(({ name }) => name === 'Adapter')).toEqual({
    name: 'Adapter',
    there: 'GPU: some adapter',
    here: 'CPU',
  });
});
