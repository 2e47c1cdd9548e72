import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MAX_CONTEXT } from '../limits.ts';
import { parseChatConfig, writeChatConfig, type PackedLlama } from './chat-config.ts';
import { MLC_QUANTIZATIONS } from './quantization.ts';

const count = fc.integer({ min: 1, max: 200_000 });
const token = fc.integer({ min: 0, max: 200_000 });
const positive = fc.double({ min: 1e-6, max: 1e6, noNaN: true });

const packed: fc.Arbitrary<PackedLlama> = fc.record({
  quantization: fc.constantFrom(...MLC_QUANTIZATIONS),
  shape: fc.record({
    layers: count,
    hidden: count,
    feedForward: count,
    heads: count,
    kvHeads: count,
    headSize: count,
    ropeTheta: positive,
    ropeScaling: fc.option(
      fc.record({
        factor: positive,
        lowFreqFactor: positive,
        highFreqFactor: positive,
        originalContext: count,
      }),
    ),
  }),
  rmsNormEps: positive,
  vocabSize: count,
  tiedHead: fc.boolean(),
  context: fc.oneof(count, fc.constantFrom(4_194_304, MAX_CONTEXT)),
  tokenizer: fc.record({
    bos: token,
    eos: fc.oneof(token, fc.array(token, { minLength: 1, maxLength: 8 })),
    addBos: fc.boolean(),
    stops: fc.array(token, { maxLength: 8 }),
    postProcessing: fc.constantFrom('byte_level', 'byte_fallback'),
    prependsSpace: fc.boolean(),
    stripsSpace: fc.boolean(),
  }),
  temperature: positive,
  topP: fc.double({ min: 0, max: 1, noNaN: true }),
});

test('what is written is read back', () => {
  fc.assert(
    fc.property(packed, (model) => {
      const { shape, tokenizer } = model;
      const { headSize: _, ropeScaling, ...sizes } = shape;
      expect(parseChatConfig(new TextDecoder().decode(writeChatConfig(model)), 'x')).toEqual({
        vocabSize: model.vocabSize,
        prefixTokenIds: tokenizer.addBos ? [tokenizer.bos] : [],
        stopTokenIds: [...new Set([...tokenizer.stops, ...[tokenizer.eos].flat()])],
        quantization: model.quantization,
        sizes: { ...sizes, ropeFactor: ropeScaling?.factor ?? 1 },
        tokenizerFiles: ['tokenizer.json', 'tokenizer_config.json'],
      });
    }),
  );
});

test('what another tool left out or wrote otherwise is told from a file that is none', () => {
  const foreign = parseChatConfig(
    JSON.stringify({ vocab_size: 7, quantization: 'q3f16_1', model_config: {}, tokenizer_files: ['../x'] }),
    'x',
  );
  expect(foreign).toMatchObject({ quantization: null, sizes: null, tokenizerFiles: [], prefixTokenIds: [1] });
  for (const broken of ['', '[]', '{}', '{"vocab_size":-1}', '{"vocab_size":7,"bos_token_id":"</s>"}']) {
    expect(() => parseChatConfig(broken, 'x')).toThrow(
      expect.objectContaining({ code: 'engine/package-incomplete' }),
    );
  }
});
