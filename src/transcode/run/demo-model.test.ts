/**
 * The demo model, converted, must say what llama.cpp says on its F16 file. The record of that is made by
 * `e2e/transcode-reference.spec.ts`, in Chromium with llama.cpp itself.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { convertInMemory, fileOf } from '../testing/convert-in-memory.ts';
import { memorySource } from '../testing/memory.ts';
import { ReferenceLlama } from '../testing/reference-llama.ts';
import { readTokenizer } from '../testing/reference-tokenizer.ts';

const TOKENS = 32;
const EOS = 2;
const root = new URL('../../../', import.meta.url);
const record = z
  .object({
    model: z.object({ file: z.string(), sha256: z.string() }),
    prompts: z
      .array(z.object({ prompt: z.string(), promptTokens: z.number(), tokens: z.array(z.number()) }))
      .length(20),
  })
  .parse(JSON.parse(readFileSync(new URL('../testing/demo-greedy.json', import.meta.url), 'utf8')));

function readModel(file: string): Uint8Array {
  return readFileSync(new URL(file, root));
}

describe('the demo model as an MLC package', () => {
  it('is the model of which the record was made', () => {
    const sha256 = createHash('sha256').update(readModel(record.model.file)).digest('hex');
    expect(sha256, 'record anew: see e2e/transcode-reference.spec.ts').toBe(record.model.sha256);
  });

  it.each([
    ['F16', 'public/models/demo/demo-f16.gguf', 'q4f16_1', 'fast', 20],
    ['Q4_0', 'public/models/demo/demo-q4_0.gguf', 'q4f16_1', 'fast', 20],
    ['F16', 'public/models/demo/demo-f16.gguf', 'q4f32_1', 'best', 5],
  ] as const)(
    'from %s (%s, %s, %s) continues prompts like llama.cpp on F16',
    async (_, file, quantization, quality, count) => {
      const { files } = await convertInMemory([memorySource(file, readModel(file))], {
        quantization,
        quality,
      });
      const tokenizer = readTokenizer(new TextDecoder().decode(fileOf(files, 'tokenizer.json')));
      const llama = new ReferenceLlama((name) => fileOf(files, name));
      const expected = record.prompts.slice(0, count);
      const found = expected.map(({ prompt }) => {
        const ids = [1, ...tokenizer.encode(prompt)];
        return { prompt, promptTokens: ids.length, tokens: llama.generate(ids, TOKENS, EOS) };
      });
      const readable = (runs: typeof found) =>
        runs.map(({ tokens, ...rest }) => ({ ...rest, text: tokenizer.decode(tokens), tokens }));
      expect(readable(found)).toEqual(readable(expected));
    },
  );
});
