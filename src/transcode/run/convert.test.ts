/** Whole conversions of little models whose weights are known, read back from the package by the reference reader. */
import { MLC_QUANTIZATIONS } from '../../formats/mlc-package/quantization.ts';
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { publishedRow } from '../weights/tensor-converter.ts';
import { convertInMemory, fileOf } from '../testing/convert-in-memory.ts';
import { writeGguf, type TensorToWrite } from '../testing/gguf-writer.ts';
import { memorySource } from '../testing/memory.ts';
import { readPackageWeights, ReferenceLlama } from '../testing/reference-llama.ts';
import { halfValue, tinyFolder, type TrueMatrix } from '../testing/tiny-folder.ts';
import { TINY, tinyLlama } from '../testing/tiny-llama.ts';
import { parseProvenance } from '../package/provenance.ts';

type Weights = ReturnType<typeof readPackageWeights>;

/** (q − 8)·d of every weight of a stored Q4_0 matrix, from the definition. */
function q40Values({ bytes, dimensions }: TensorToWrite): TrueMatrix {
  const [cols = 0, rows = 0] = dimensions;
  const values = Float64Array.from({ length: rows * cols }, (_, i) => {
    const at = Math.floor(i / 32) * 18;
    const d = halfValue((bytes[at] ?? 0) + 256 * (bytes[at + 1] ?? 0));
    const byte = bytes[at + 2 + (i % 16)] ?? 0;
    return d * ((i % 32 < 16 ? byte % 16 : Math.floor(byte / 16)) - 8);
  });
  return { rows, cols, values };
}

/** q·d + m of every weight of a stored Q4_1 matrix, from the definition. */
function q41Values({ bytes, dimensions }: TensorToWrite): Float64Array {
  const [cols = 0, rows = 0] = dimensions;
  return Float64Array.from({ length: rows * cols }, (_, i) => {
    const at = Math.floor(i / 32) * 20;
    const half = (from: number): number => halfValue((bytes[from] ?? 0) + 256 * (bytes[from + 1] ?? 0));
    const byte = bytes[at + 4 + (i % 16)] ?? 0;
    return (i % 32 < 16 ? byte % 16 : Math.floor(byte / 16)) * half(at) + half(at + 2);
  });
}

/** Where MLC's stacked matrices begin and what they are made of, in HF's names. */
function stackOf(layer: number): Record<string, readonly string[]> {
  const name = `model.layers.${layer}`;
  return {
    [`${name}.self_attn.qkv_proj`]: ['q', 'k', 'v'].map((part) => `${name}.self_attn.${part}_proj`),
    [`${name}.self_attn.o_proj`]: [`${name}.self_attn.o_proj`],
    [`${name}.mlp.gate_up_proj`]: [`${name}.mlp.gate_proj`, `${name}.mlp.up_proj`],
    [`${name}.mlp.down_proj`]: [`${name}.mlp.down_proj`],
  };
}

const STACKS = {
  'model.embed_tokens': ['model.embed_tokens'],
  lm_head: ['lm_head'],
  ...stackOf(0),
  ...stackOf(1),
};

const GGUF_NAMES: Readonly<Record<string, string>> = {
  'self_attn.q_proj': 'attn_q',
  'self_attn.k_proj': 'attn_k',
  'self_attn.v_proj': 'attn_v',
  'self_attn.o_proj': 'attn_output',
  'mlp.gate_proj': 'ffn_gate',
  'mlp.up_proj': 'ffn_up',
  'mlp.down_proj': 'ffn_down',
};

function ggufName(hf: string): string {
  if (hf === 'model.embed_tokens') return 'token_embd.weight';
  if (hf === 'lm_head') return 'output.weight';
  const [, layer = '', part = ''] = /^model\.layers\.(\d+)\.(.*)$/.exec(hf) ?? [];
  return `blk.${layer}.${GGUF_NAMES[part] ?? part}.weight`;
}

/** Calls `check` with each source matrix and the rows of the package that were made of it. */
function forEachPart(
  weights: Weights,
  sourceOf: (hf: string) => TrueMatrix,
  check: (name: string, source: TrueMatrix, made: Float32Array) => void,
): void {
  for (const [stacked, parts] of Object.entries(STACKS)) {
    const matrix = weights.get(stacked);
    if (matrix === undefined) throw new Error(`the package has no ${stacked}`);
    let row = 0;
    for (const part of parts) {
      const source = sourceOf(part);
      expect(matrix.cols).toBe(source.cols);
      check(part, source, matrix.data.subarray(row * source.cols, (row + source.rows) * source.cols));
      row += source.rows;
    }
    expect(matrix.rows, stacked).toBe(row);
  }
}

function relativeError(expected: ArrayLike<number>, found: ArrayLike<number>): number {
  let [error, energy] = [0, 0];
  for (let i = 0; i < expected.length; i++) {
    error += ((expected[i] ?? 0) - (found[i] ?? 0)) ** 2;
    energy += (expected[i] ?? 0) ** 2;
  }
  return Math.sqrt(error / energy);
}

/** Index of the first weight that is not the same, -1 where none; Vitest's own comparison takes seconds for a matrix. */
function firstDifference(expected: Float64Array, found: Float32Array): number {
  if (expected.length !== found.length) return Math.min(expected.length, found.length);
  return expected.findIndex((value, i) => Math.fround(value) !== found[i]);
}

describe.each(MLC_QUANTIZATIONS)('Q4_0 GGUF to %s', (quantization) => {
  const gguf = tinyLlama({ type: 'Q4_0' });

  it('is exact weight by weight, with query and key rows back in published order', async () => {
    const { files, result } = await convertInMemory([memorySource('tiny.gguf', writeGguf(gguf))], {
      quantization,
    });
    const weights = readPackageWeights((name) => fileOf(files, name));
    let compared = 0;
    forEachPart(
      weights,
      (hf) => {
        const tensor = gguf.tensors.find(({ name }) => name === ggufName(hf));
        if (tensor === undefined) throw new Error(`no ${ggufName(hf)}`);
        return q40Values(tensor);
      },
      (name, { rows, cols, values }, made) => {
        const permuted = /[qk]_proj$/.test(name);
        for (let stored = 0; stored < rows; stored++) {
          // llama.cpp's rope layout: row h·hd + 2i + j of the file is row h·hd + j·hd/2 + i of the published model.
          const [head, within] = [Math.floor(stored / TINY.headDim), stored % TINY.headDim];
          const published = head * TINY.headDim + (within % 2) * (TINY.headDim / 2) + Math.floor(within / 2);
          const row = permuted ? published : stored;
          const expected = values.subarray(stored * cols, (stored + 1) * cols);
          expect(firstDifference(expected, made.subarray(row * cols, (row + 1) * cols)), name).toBe(-1);
        }
        compared += rows * cols;
      },
    );
    expect(compared).toBe(
      result.plan.tensors.reduce((sum, t) => sum + (t.kind === 'matrix' ? t.rows * t.cols : 0), 0),
    );
    const provenance = parseProvenance(fileOf(files, 'provenance.json'));
    expect(provenance.tensors.filter(({ groups }) => groups > 0).map(({ fidelity }) => fidelity)).toEqual(
      new Array(10).fill('repacked'),
    );
  });
});

describe('un-permuting', () => {
  it('undoes the converter’s permutation of every head, for any head size', () => {
    for (const headDim of [2, 4, 64, 128]) {
      const heads = 3;
      // What llama.cpp's converter does: reshape (heads, 2, hd/2), swap the last two axes.
      const stored: number[] = [];
      for (let h = 0; h < heads; h++) {
        for (let i = 0; i < headDim / 2; i++)
          for (let j = 0; j < 2; j++) stored.push(h * headDim + (j * headDim) / 2 + i);
      }
      expect(stored.map((_, row) => publishedRow(row, headDim))).toEqual(stored);
    }
  });
});

describe('other GGUF types', () => {
  it('converts every type in one model, each tensor within its expected error', async () => {
    const types = [
      'F32',
      'F16',
      'BF16',
      'Q8_0',
      'Q6_K',
      'Q5_K',
      'Q4_K',
      'Q3_K',
      'Q2_K',
      'Q5_1',
      'Q5_0',
      'Q4_1',
    ] as const;
    let next = 0;
    const gguf = tinyLlama({ type: () => types[next++ % types.length] ?? 'F32' });
    // The generator asks twice per tensor (for the type and for its bytes), so types are fixed afterwards by name.
    const typeOf = new Map(gguf.tensors.map(({ name }, i) => [name, types[i % types.length] ?? 'F32']));
    const fixed = tinyLlama({ type: (name) => typeOf.get(name) ?? 'F32' });
    const { files } = await convertInMemory([memorySource('tiny.gguf', writeGguf(fixed))]);
    const { tensors } = parseProvenance(fileOf(files, 'provenance.json'));
    const matrices = tensors.filter(({ groups }) => groups > 0);
    expect(new Set(matrices.flatMap(({ from }) => from)).size).toBeGreaterThanOrEqual(10);
    for (const { name, relativeRmse, fidelity } of matrices) {
      expect(fidelity, name).toBe('requantised');
      expect(relativeRmse, name).toBeGreaterThan(0.02);
      expect(relativeRmse, name).toBeLessThan(0.13);
    }
  });

  it.each(['q4f16_1', 'q4f32_1'] as const)(
    'to %s tells a stack’s error against all its weights, also those carried over',
    async (quantization) => {
      const gguf = tinyLlama({ type: (name) => (/attn_[qk]\./.test(name) ? 'Q4_0' : 'Q4_1') });
      const { files } = await convertInMemory([memorySource('mixed.gguf', writeGguf(gguf))], {
        quantization,
      });
      const stored = (name: string): TensorToWrite => {
        const tensor = gguf.tensors.find((one) => one.name === `blk.0.${name}.weight`);
        if (tensor === undefined) throw new Error(`no ${name}`);
        return tensor;
      };
      const exact = ['attn_q', 'attn_k'].flatMap((name) => [...q40Values(stored(name)).values]);
      const rounded = [...q41Values(stored('attn_v'))];
      const made = readPackageWeights((name) => fileOf(files, name)).get('model.layers.0.self_attn.qkv_proj');
      // Queries and keys are exact, so their order in the package does not matter here.
      const found = [...exact, ...(made?.data.subarray(exact.length) ?? [])];
      const { tensors } = parseProvenance(fileOf(files, 'provenance.json'));
      const told = tensors.find(({ name }) => name === 'model.layers.0.self_attn.qkv_proj');
      expect(told?.from).toEqual(['Q4_0', 'Q4_1']);
      expect(told?.relativeRmse).toBeCloseTo(relativeError([...exact, ...rounded], found), 6);
      expect(told?.energy).toBeCloseTo(
        [...exact, ...rounded].reduce((sum, w) => sum + w * w, 0),
        3,
      );
    },
  );

  it('runs: the reference forward pass gives finite, varied logits', async () => {
    const { files } = await convertInMemory([
      memorySource('tiny.gguf', writeGguf(tinyLlama({ type: 'F16' }))),
    ]);
    const llama = new ReferenceLlama((name) => fileOf(files, name));
    const logits = llama.next(5);
    expect(logits.every(Number.isFinite)).toBe(true);
    expect(new Set(logits).size).toBeGreaterThan(60);
  });

  it('writes the output matrix also where the file ties it to the embedding', async () => {
    const { files, result } = await convertInMemory([
      memorySource('tied.gguf', writeGguf(tinyLlama({ type: 'Q4_0', tied: true }))),
    ]);
    const weights = readPackageWeights((name) => fileOf(files, name));
    expect(weights.get('lm_head')).toEqual(weights.get('model.embed_tokens'));
    expect(result.plan.model.tiedHead).toBe(true);
    expect(parseProvenance(fileOf(files, 'provenance.json')).model.tiedHead).toBe(true);
  });

  it('reads a file front to back, each byte once, and hashes it on the way', async () => {
    const bytes = writeGguf(tinyLlama({ type: 'Q8_0' }));
    const reads: [number, number][] = [];
    const plain = memorySource('tiny.gguf', bytes);
    let opened = false;
    const source: typeof plain = {
      ...plain,
      read: (offset, length, signal) => {
        if (opened) reads.push([offset, offset + length]);
        return plain.read(offset, length, signal);
      },
    };
    const { result } = await convertInMemory([source], {
      readBytes: 50_000,
      hashing: {
        // The first hash asked for is the plan's fingerprint: from then on everything read is for converting.
        sha256: async (state) => {
          opened = true;
          const { wasmHashing } = await import('./hashing.ts');
          return wasmHashing.sha256(state);
        },
        digest: async (file) => (await import('./hashing.ts')).wasmHashing.digest(file),
      },
    });
    let end = 0;
    for (const [from, to] of reads) {
      expect(from).toBe(end);
      end = to;
    }
    expect(end).toBe(bytes.length);
    expect(result.sources[0]?.sha256).toBe(createHash('sha256').update(bytes).digest('hex'));
  });
});

describe('safetensors', () => {
  it.each([
    ['F16', 1],
    ['BF16', 1],
    ['F32', 1],
    ['F16', 3],
  ] as const)(
    '%s in %i file(s) comes back within the quantiser’s error, rows as stored',
    async (dtype, parts) => {
      const { files: sources, matrices } = tinyFolder({ dtype, parts });
      const { files } = await convertInMemory(sources, { quality: 'best' });
      forEachPart(
        readPackageWeights((name) => fileOf(files, name)),
        (hf) => matrices.get(hf) ?? { rows: 0, cols: 0, values: new Float64Array() },
        (name, { values }, made) => {
          expect(relativeError(values, made), name).toBeLessThan(0.085);
        },
      );
      expect(new TextDecoder().decode(fileOf(files, 'tokenizer_config.json'))).toContain('<s>');
    },
  );
});

describe('AWQ GEMM', () => {
  it.each([32, 64, 128])('with groups of %i whose codes fit is exact weight by weight', async (awq) => {
    const { files: sources, matrices } = tinyFolder({ awq });
    const { files, result } = await convertInMemory(sources);
    expect(result.plan.model.format).toBe('awq');
    const weights = readPackageWeights((name) => fileOf(files, name));
    forEachPart(
      weights,
      (hf) => matrices.get(hf) ?? { rows: 0, cols: 0, values: new Float64Array() },
      (name, { values }, made) => {
        if (name === 'lm_head' || name === 'model.embed_tokens') return;
        expect(firstDifference(values, made), name).toBe(-1);
      },
    );
    const { tensors } = parseProvenance(fileOf(files, 'provenance.json'));
    const linear = tensors.filter(({ from }) => from.includes('AWQ'));
    expect(linear).toHaveLength(8);
    expect(linear.every(({ fidelity, relativeRmse }) => fidelity === 'repacked' && relativeRmse === 0)).toBe(
      true,
    );
  });

  it('is the same from any order of the file, scales read aside or not, and the file is hashed once, in order', async () => {
    const shape = { ...TINY, hidden: 64, ffn: 128, layers: 6, heads: 2, kvHeads: 1, headDim: 32 };
    const converted = await Promise.all(
      (['library', 'by-name'] as const).map(async (order) => {
        const { files: sources } = tinyFolder({ shape, awq: 32, order });
        const { files, result } = await convertInMemory(sources, { shardBytes: 8192, maxOpenBytes: 0 });
        const weights = sources.find(({ name }) => name.endsWith('.safetensors'));
        const bytes = await weights?.read(0, weights.size);
        expect(result.sources[0]?.sha256).toBe(
          createHash('sha256')
            .update(bytes ?? '')
            .digest('hex'),
        );
        return { plan: result.plan, weights: readPackageWeights((name) => fileOf(files, name)) };
      }),
    );
    expect(converted.map(({ plan }) => plan.sequential)).toEqual([true, true]);
    expect(converted.map(({ plan }) => plan.inputs.some(({ aside }) => aside))).toEqual([true, false]);
    expect(converted[0]?.weights).toEqual(converted[1]?.weights);
  });

  it('quantises anew only the groups that don’t fit', async () => {
    const { files: sources, matrices } = tinyFolder({ awq: 128, awqSpread: 15 });
    const { files } = await convertInMemory(sources, { quality: 'best', quantization: 'q4f32_1' });
    const { tensors } = parseProvenance(fileOf(files, 'provenance.json'));
    const mixed = tensors.filter(({ from }) => from.includes('AWQ'));
    expect(mixed.every(({ exactGroups, groups }) => exactGroups > 0 && exactGroups < groups)).toBe(true);
    forEachPart(
      readPackageWeights((name) => fileOf(files, name)),
      (hf) => matrices.get(hf) ?? { rows: 0, cols: 0, values: new Float64Array() },
      (name, { values }, made) => {
        expect(relativeError(values, made), name).toBeLessThan(0.09);
      },
    );
  });
});
