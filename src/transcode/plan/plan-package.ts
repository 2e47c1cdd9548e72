import { type MlcQuantization } from '../../formats/mlc-package/quantization.ts';
import { AppError } from '../../errors/app-error.ts';
import { GROUP } from '../../formats/mlc-package/group.ts';
import type {
  InputUse,
  MatrixPart,
  OutputTensor,
  PackagePlan,
  InputPlan,
  MatrixPlan,
  ShardPlan,
  TensorPlan,
  WantedTensor,
} from './package-plan.ts';
import { byPlace, fetchAside } from './reading-order.ts';
import type { Matrix, SourceModel, TensorLocation } from '../source/source-model.ts';

export type * from './package-plan.ts';

/** MLC's own shard cap. */
const SHARD_BYTES = 32 * 1024 * 1024;
/** A tensor at least this part of a shard that does not fit the current one gets one to itself, as in MLC's writer. */
const OWN_SHARD = 0.5;
/** An open shard is closed after this many shards' worth of output, so that an interruption repeats little work. */
const CLOSE_AFTER = 1.5;
/** What may be held at once by a reading in file order. */
const MAX_OPEN_BYTES = 256 * 1024 * 1024;

export interface PlanOptions {
  readonly quantization: MlcQuantization;
  /** Shard cap in bytes. Default: MLC's 32 MiB. */
  readonly shardBytes?: number;
  /** Most bytes to hold at once where the order of reading can help it. Default 256 MiB. */
  readonly maxOpenBytes?: number;
}

/**
 * Plans the conversion of a model into an MLC package. Names and shapes are those of MLC's Llama definition: q, k and
 * v rows stacked, gate rows before up rows; every matrix [N, K] is uint32 [N, K/8] and a scale [N, K/32].
 * Where the model ties its output to its embedding, both are written: MLC's Llama libraries look for `lm_head`.
 * @throws AppError `transcode/wrong-shape` where rows are not whole groups of 32
 */
export function planPackage(model: SourceModel, options: PlanOptions): PackagePlan {
  const { shardBytes = SHARD_BYTES, maxOpenBytes = MAX_OPEN_BYTES } = options;
  const wanted = listTensors(model);
  const inFileOrder = listInputs(wanted).sort(byPlace);
  const straight = layOut(model, options, wanted, inFileOrder, true);
  const largest = Math.max(...straight.shards.map((shard) => shard.nbytes));
  const limit = Math.max(maxOpenBytes, 4 * largest);
  if (straight.peakBytes <= limit) return straight;
  const withAsides = layOut(model, options, wanted, fetchAside(inFileOrder, wanted, shardBytes), true);
  if (withAsides.peakBytes <= limit) return withAsides;
  // The file's order is unlike any writer's: reading jumps about, and the hash takes a second reading.
  return layOut(model, options, wanted, listInputs(wanted), false);
}

function listTensors(model: SourceModel): WantedTensor[] {
  const wanted: WantedTensor[] = [stack('model.embed_tokens', [model.embedding])];
  for (const [n, layer] of model.layers.entries()) {
    const name = `model.layers.${String(n)}`;
    wanted.push(
      { kind: 'vector', name: `${name}.input_layernorm.weight`, vector: layer.inputNorm },
      stack(`${name}.self_attn.qkv_proj`, [layer.q, layer.k, layer.v]),
      stack(`${name}.self_attn.o_proj`, [layer.o]),
      { kind: 'vector', name: `${name}.post_attention_layernorm.weight`, vector: layer.postAttentionNorm },
      stack(`${name}.mlp.gate_up_proj`, [layer.gate, layer.up]),
      stack(`${name}.mlp.down_proj`, [layer.down]),
    );
  }
  wanted.push(
    { kind: 'vector', name: 'model.norm.weight', vector: model.norm },
    stack('lm_head', [model.head]),
  );
  return wanted;
}

function stack(name: string, matrices: readonly Matrix[]): WantedTensor {
  let rows = 0;
  const cols = matrices[0]?.cols ?? 0;
  const parts = matrices.map((matrix): MatrixPart => {
    const part = { matrix, firstRow: rows };
    if (matrix.cols % GROUP !== 0) {
      throw new AppError('transcode/wrong-shape', 'A matrix’s rows are not whole groups of 32', {
        tensor: name,
        cols: matrix.cols,
      });
    }
    rows += matrix.rows;
    return part;
  });
  return { kind: 'matrix', name, rows, cols, parts };
}

/** Every stored tensor once, in the order of the tensors they serve. */
function listInputs(wanted: readonly WantedTensor[]): InputPlan[] {
  const inputs = new Map<string, { location: TensorLocation; uses: InputUse[]; aside: false }>();
  const add = (location: TensorLocation, use: InputUse): void => {
    const known = inputs.get(location.name);
    if (known === undefined) inputs.set(location.name, { location, uses: [use], aside: false });
    else known.uses.push(use);
  };
  for (const [tensor, planned] of wanted.entries()) {
    if (planned.kind === 'vector') {
      add(planned.vector.tensor, { tensor, part: 0, role: 'vector' });
      continue;
    }
    for (const [part, { matrix }] of planned.parts.entries()) {
      if (matrix.kind === 'dense') add(matrix.tensor, { tensor, part, role: 'rows' });
      else
        for (const role of ['qweight', 'qzeros', 'scales'] as const)
          add(matrix[role], { tensor, part, role });
    }
  }
  return [...inputs.values()];
}

function layOut(
  model: SourceModel,
  { quantization, shardBytes = SHARD_BYTES }: PlanOptions,
  wanted: readonly WantedTensor[],
  reading: readonly InputPlan[],
  sequential: boolean,
): PackagePlan {
  // A tensor is finished when its last input is read; shards are filled in that order.
  const lastInput = new Array<number>(wanted.length).fill(0);
  for (const [i, { uses }] of reading.entries()) for (const { tensor } of uses) lastInput[tensor] = i;
  const order = wanted.map((_, i) => i).sort((a, b) => (lastInput[a] ?? 0) - (lastInput[b] ?? 0) || a - b);
  const newIndex = new Map(order.map((old, index) => [old, index]));
  const layout = new ShardLayout(shardBytes);
  const scaleType = quantization === 'q4f16_1' ? 'float16' : 'float32';
  const tensors = order.flatMap((index): TensorPlan[] => {
    const item = wanted[index];
    return item === undefined ? [] : [place(item, layout, scaleType)];
  });
  const inputs = reading.map(({ uses, ...input }) => ({
    ...input,
    uses: uses.map((use) => ({ ...use, tensor: newIndex.get(use.tensor) ?? 0 })),
  }));
  const shards = layout.finish();
  return {
    model,
    quantization,
    tensors,
    shards,
    inputs,
    sequential,
    peakBytes: peakOpenBytes(tensors, shards, inputs),
    totalBytes: shards.reduce((sum, shard) => sum + shard.nbytes, 0),
  };
}

function place(item: WantedTensor, layout: ShardLayout, dtype: 'float16' | 'float32'): TensorPlan {
  const scaleBytes = dtype === 'float16' ? 2 : 4;
  if (item.kind === 'vector') {
    const { name, vector } = item;
    const output = layout.add({ name, shape: [vector.length], dtype, nbytes: vector.length * scaleBytes });
    return { ...item, output };
  }
  const { name, rows, cols } = item;
  const weight = layout.add({
    name: `${name}.q_weight`,
    shape: [rows, cols / 8],
    dtype: 'uint32',
    nbytes: (rows * cols) / 2,
  });
  const scale = layout.add({
    name: `${name}.q_scale`,
    shape: [rows, cols / GROUP],
    dtype,
    nbytes: (rows * cols * scaleBytes) / GROUP,
  });
  return { ...item, weight, scale };
}

class ShardLayout {
  readonly #shards: { nbytes: number; tensors: OutputTensor[] }[] = [];
  readonly #cap: number;
  #current: number | null = null;
  #sinceOpened = 0;

  constructor(cap: number) {
    this.#cap = cap;
  }

  add(tensor: Omit<OutputTensor, 'shard' | 'byteOffset'>): OutputTensor {
    const { nbytes } = tensor;
    let shard = this.#current === null ? null : this.#shards[this.#current];
    const fits = (shard?.nbytes ?? 0) + nbytes <= this.#cap;
    if (!fits && nbytes >= this.#cap * OWN_SHARD) return this.#put(tensor, this.#open());
    if (!fits || this.#sinceOpened >= this.#cap * CLOSE_AFTER) shard = null;
    if (shard === null || shard === undefined) {
      this.#current = this.#open();
      this.#sinceOpened = 0;
    }
    return this.#put(tensor, this.#current ?? 0);
  }

  #open(): number {
    return this.#shards.push({ nbytes: 0, tensors: [] }) - 1;
  }

  #put(tensor: Omit<OutputTensor, 'shard' | 'byteOffset'>, index: number): OutputTensor {
    const shard = this.#shards[index];
    // Only models with an odd number of rows ever leave a gap here; 32-bit words must not straddle their alignment.
    const byteOffset = Math.ceil((shard?.nbytes ?? 0) / 4) * 4;
    const placed: OutputTensor = { ...tensor, shard: index, byteOffset };
    this.#sinceOpened += tensor.nbytes;
    if (shard !== undefined) {
      shard.nbytes = byteOffset + tensor.nbytes;
      shard.tensors.push(placed);
    }
    return placed;
  }

  finish(): ShardPlan[] {
    return this.#shards.map(({ nbytes, tensors }, n) => ({
      name: `params_shard_${String(n)}.bin`,
      nbytes,
      tensors,
    }));
  }
}

/** The shards a planned tensor lies in. */
export function shardsOf(tensor: TensorPlan): readonly number[] {
  return tensor.kind === 'vector' ? [tensor.output.shard] : [tensor.weight.shard, tensor.scale.shard];
}

/** Goes through the reading order and adds up what is held at each step: begun shards, and AWQ tensors until they are converted. */
function peakOpenBytes(
  tensors: readonly TensorPlan[],
  shards: readonly ShardPlan[],
  inputs: readonly InputPlan[],
): number {
  const change = new Array<number>(inputs.length + 1).fill(0);
  const hold = (first: number, last: number, bytes: number): void => {
    change[first] = (change[first] ?? 0) + bytes;
    change[last + 1] = (change[last + 1] ?? 0) - bytes;
  };
  const partOf = ({ tensor, part }: InputUse): string => `${String(tensor)}.${String(part)}`;
  const lastOfPart = new Map<string, number>();
  for (const [i, { uses }] of inputs.entries()) {
    for (const use of uses) if (isAwq(use)) lastOfPart.set(partOf(use), i);
  }
  const filled = new Map<number, { first: number; last: number }>();
  const fill = (tensor: number, i: number): void => {
    const planned = tensors[tensor];
    for (const shard of planned === undefined ? [] : shardsOf(planned)) {
      filled.set(shard, { first: filled.get(shard)?.first ?? i, last: i });
    }
  };
  for (const [i, { location, uses }] of inputs.entries()) {
    for (const use of uses) {
      const last = isAwq(use) ? (lastOfPart.get(partOf(use)) ?? i) : i;
      if (isAwq(use)) hold(i, last, location.byteLength);
      // An AWQ matrix is converted, and its shards are begun, when the last of its three tensors is there.
      if (i === last) fill(use.tensor, i);
    }
  }
  for (const [shard, { first, last }] of filled) hold(first, last, shards[shard]?.nbytes ?? 0);
  let open = 0;
  let peak = 0;
  for (const delta of change) {
    open += delta;
    peak = Math.max(peak, open);
  }
  return peak;
}

function isAwq({ role }: InputUse): boolean {
  return role !== 'vector' && role !== 'rows';
}

/** Rows of a dense matrix that make one piece of work: half a million weights, some milliseconds on one core. */
export function rowsPerJob(cols: number): number {
  return Math.max(1, Math.floor(JOB_WEIGHTS / cols));
}
const JOB_WEIGHTS = 512 * 1024;

export function isMatrix(tensor: TensorPlan): tensor is MatrixPlan {
  return tensor.kind === 'matrix';
}
