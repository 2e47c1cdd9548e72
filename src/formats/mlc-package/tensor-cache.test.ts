import { expect, test } from 'vitest';
import { parseTensorCache } from './tensor-cache.ts';

function cache(names: readonly string[], scales: string): string {
  const records = names.map((name) => ({
    name,
    shape: [name.includes('embed') ? 67 : 70, 32],
    dtype: name.endsWith('scale') ? scales : 'uint32',
    format: 'raw',
    nbytes: 4,
    byteOffset: 0,
  }));
  return JSON.stringify({
    metadata: {},
    records: [{ dataPath: 'params_shard_0.bin', format: 'raw-shard', nbytes: 4, md5sum: '', records }],
  });
}

const EMBEDDING = ['model.embed_tokens.q_weight', 'model.embed_tokens.q_scale'];
const HEAD = ['lm_head.q_weight', 'lm_head.q_scale'];

test.each([
  ['the head', [...HEAD, ...EMBEDDING], 70],
  ['the embedding, where the head is left out', EMBEDDING, 67],
])('the vocabulary’s rows are those of %s', (_, names, rows) => {
  expect(parseTensorCache(cache(names, 'float16'), 'x')).toMatchObject({
    vocabularyRows: rows,
    quantization: 'q4f16_1',
  });
  expect(parseTensorCache(cache(names, 'float32'), 'x').quantization).toBe('q4f32_1');
  expect(parseTensorCache(cache(names, 'bfloat16'), 'x').quantization).toBeNull();
});
