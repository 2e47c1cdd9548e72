import { AppError, toAppError } from '../../errors/app-error.ts';
import {
  runBlockJob,
  type AwqJob,
  type BlockJob,
  type BlockResult,
  type RowsJob,
} from '../run/workers/block-job.ts';
import { dequantizer } from './dequantize.ts';
import { f16FromNumber, f16ToNumber } from './float16.ts';
import { GROUP } from '../../formats/mlc-package/group.ts';
import {
  rowsPerJob,
  type InputUse,
  type PackagePlan,
  type MatrixPlan,
  type VectorPlan,
} from '../plan/plan-package.ts';
import type { Quality } from './quantize.ts';
import type { SpanPiece } from '../run/read-spans.ts';
import type { ShardAssembler } from '../run/shard-assembler.ts';
import { SpareMemory } from '../run/workers/spare-memory.ts';
import type { AwqMatrix, DenseMatrix } from '../source/source-model.ts';
import type { TensorStats } from './tensor-stats.ts';
import { rowBytes } from '../../formats/gguf/tensor-types.ts';
import type { BlockPool } from '../run/workers/worker-pool.ts';

/**
 * Turns pieces of stored tensors, in whatever order they come, into bytes of the package's tensors: repacks, quantises
 * on the pool's threads, gathers what is needed whole, stacks, un-permutes.
 */
export class TensorConverter {
  readonly #plan: PackagePlan;
  readonly #quality: Quality;
  readonly #pool: BlockPool | undefined;
  readonly #assembler: ShardAssembler;
  readonly #stats: TensorStats;
  readonly #gathered = new Map<string, { readonly bytes: Uint8Array<ArrayBuffer>; missing: number }>();
  readonly #buffers: BlockBuffers[] = [];
  readonly #spare = new SpareMemory(MAX_SPARE_BYTES);
  /** Jobs on other threads. Each removes itself, and leaves its failure in `#failure`. */
  readonly #jobs = new Set<Promise<void>>();
  #failure: AppError | null = null;

  constructor(
    plan: PackagePlan,
    quality: Quality,
    pool: BlockPool | undefined,
    assembler: ShardAssembler,
    stats: TensorStats,
  ) {
    this.#plan = plan;
    this.#quality = quality;
    this.#pool = pool;
    this.#assembler = assembler;
    this.#stats = stats;
  }

  /**
   * Takes one piece; its bytes may be reused once the promise settles.
   * @throws AppError `transcode/bad-values`, `transcode/worker-failed`, also for a piece taken earlier
   */
  async take(piece: SpanPiece, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    for (const use of piece.uses) {
      const planned = this.#plan.tensors[use.tensor];
      if (planned === undefined) continue;
      if (planned.kind === 'vector') {
        const whole = this.#gather(piece, bytes);
        if (whole !== null) this.#convertVector(planned, whole);
        continue;
      }
      const matrix = planned.parts[use.part]?.matrix;
      if (matrix?.kind === 'dense') await this.#convertRows(planned, use, matrix, piece.at, bytes);
      else if (matrix?.kind === 'awq' && this.#gather(piece, bytes) !== null)
        await this.#convertAwq(planned, use, matrix);
    }
  }

  /** Collects a stored tensor that is needed whole; returns it when complete. */
  #gather(piece: SpanPiece, bytes: Uint8Array): Uint8Array<ArrayBuffer> | null {
    const { name, byteLength } = piece.input.location;
    let entry = this.#gathered.get(name);
    if (entry === undefined) {
      entry = { bytes: new Uint8Array(this.#spare.take(byteLength), 0, byteLength), missing: byteLength };
      this.#gathered.set(name, entry);
    }
    entry.bytes.set(bytes, piece.at);
    entry.missing -= bytes.length;
    return entry.missing === 0 ? entry.bytes : null;
  }

  #convertVector(planned: VectorPlan, stored: Uint8Array): void {
    const { vector, output } = planned;
    this.#gathered.delete(vector.tensor.name);
    const values = new Float32Array(vector.length);
    dequantizer(vector.type)(stored, 0, vector.length, values);
    let squaredError = 0;
    let energy = 0;
    const halves = new Uint16Array(vector.length);
    for (const [i, value] of values.entries()) {
      energy += value * value;
      if (output.dtype === 'float32') continue;
      halves[i] = f16FromNumber(value);
      squaredError += (value - f16ToNumber(halves[i] ?? 0)) ** 2;
    }
    if (!Number.isFinite(energy) || !Number.isFinite(squaredError)) throw badValues(vector.tensor.name);
    this.#assembler.write(output, 0, new Uint8Array((output.dtype === 'float32' ? values : halves).buffer));
    this.#stats.add(planned, 0, 0, vector.length, { squaredError, energy, exactGroups: 0 });
  }

  async #convertRows(
    planned: MatrixPlan,
    use: InputUse,
    matrix: DenseMatrix,
    at: number,
    bytes: Uint8Array<ArrayBuffer>,
  ): Promise<void> {
    const { cols, type, order } = matrix;
    const stored = rowBytes(type, cols);
    const firstRow = at / stored;
    const rows = bytes.length / stored;
    const job = {
      kind: 'rows',
      quality: this.#quality,
      scaleType: planned.scale.dtype === 'float32' ? 'float32' : 'float16',
      // Where nothing is rounded there is no error to hold against the energy.
      exactEnergy: planned.parts.some((part) => part.matrix.kind !== 'dense' || part.matrix.type !== 'Q4_0'),
      ...{ type, rows, cols },
    } as const;
    // Repacking is as fast as handing the bytes to another thread.
    const helpers = type === 'Q4_0' ? 0 : (this.#pool?.concurrency ?? 0);
    const elsewhere = this.#jobs.size < helpers;
    const places =
      elsewhere || order.kind !== 'as-stored' ? null : this.#places(planned, use, firstRow, rows);
    if (places !== null) {
      const [weights, scales] = places;
      const here: RowsJob = {
        ...{ ...job, input: bytes.buffer, inputAt: bytes.byteOffset },
        ...{ weights: weights.buffer, weightsAt: weights.byteOffset },
        ...{ scales: scales.buffer, scalesAt: scales.byteOffset },
      };
      await this.#run(here, matrix.tensor.name, false, ({ sums, exactGroups }) => {
        this.#stats.add(planned, use.part, firstRow, rows * cols, { ...sums, exactGroups });
        this.#assembler.written(planned.weight, weights.length);
        this.#assembler.written(planned.scale, scales.length);
      });
      return;
    }
    const buffers = this.#takeBuffers(matrix, job.scaleType);
    new Uint8Array(buffers.input).set(bytes);
    const apart: RowsJob = { ...job, ...buffers, inputAt: 0, weightsAt: 0, scalesAt: 0 };
    await this.#run(apart, matrix.tensor.name, elsewhere, (result) => {
      this.#place(planned, use, matrix, firstRow, rows, result);
      const { inputs, weights, scales } = result;
      for (const input of inputs) this.#buffers.push({ input, weights, scales });
    });
  }

  /** Where rows of a part belong in the shards, weights and scales; null where either is not wanted. */
  #places(
    planned: MatrixPlan,
    use: InputUse,
    firstRow: number,
    rows: number,
  ): readonly [Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>] | null {
    const { cols, weight, scale } = planned;
    const row = (planned.parts[use.part]?.firstRow ?? 0) + firstRow;
    const weightRow = cols / 2;
    const scaleRow = (cols / GROUP) * (scale.dtype === 'float32' ? 4 : 2);
    const weights = this.#assembler.place(weight, row * weightRow, rows * weightRow);
    const scales = this.#assembler.place(scale, row * scaleRow, rows * scaleRow);
    return weights === null || scales === null ? null : [weights, scales];
  }

  /** Does a job here, or leaves it to another thread; `place` gets its result in either case. */
  async #run(
    job: BlockJob,
    tensor: string,
    elsewhere: boolean,
    place: (result: BlockResult) => void,
  ): Promise<void> {
    const pool = this.#pool;
    this.#throwIfFailed();
    if (pool === undefined || !elsewhere) {
      place(named(tensor, () => runBlockJob(job)));
      // The workers have enough to do. A thread that only hands out work would fight them for a core.
      if (pool !== undefined && this.#jobs.size > 0) await pool.breathe();
      return;
    }
    const running: Promise<void> = pool
      .run(job)
      .then(place)
      .catch((thrown: unknown) => {
        this.#failure ??= withTensor(thrown, tensor);
      })
      .finally(() => this.#jobs.delete(running));
    this.#jobs.add(running);
  }

  /** Memory for one job, used again and again. */
  #takeBuffers(matrix: DenseMatrix, scaleType: 'float16' | 'float32'): BlockBuffers {
    const weights = rowsPerJob(matrix.cols) * matrix.cols;
    const input = (weights / matrix.cols) * rowBytes(matrix.type, matrix.cols);
    const scales = (weights / GROUP) * (scaleType === 'float16' ? 2 : 4);
    const spare = this.#buffers.pop();
    if (
      spare !== undefined &&
      spare.input.byteLength >= input &&
      spare.weights.byteLength >= weights / 2 &&
      spare.scales.byteLength >= scales
    ) {
      return spare;
    }
    return {
      input: new ArrayBuffer(input),
      weights: new ArrayBuffer(weights / 2),
      scales: new ArrayBuffer(scales),
    };
  }

  /** Moves a job's rows to where they belong in the stacked, un-permuted matrix. */
  #place(
    planned: MatrixPlan,
    use: InputUse,
    matrix: DenseMatrix,
    firstRow: number,
    rows: number,
    { weights, scales, sums, exactGroups }: BlockResult,
  ): void {
    const { cols, order } = matrix;
    const base = planned.parts[use.part]?.firstRow ?? 0;
    const weightRow = cols / 2;
    const scaleRow = (cols / GROUP) * (planned.scale.dtype === 'float32' ? 4 : 2);
    if (order.kind === 'as-stored') {
      const row = base + firstRow;
      this.#assembler.write(planned.weight, row * weightRow, new Uint8Array(weights, 0, rows * weightRow));
      this.#assembler.write(planned.scale, row * scaleRow, new Uint8Array(scales, 0, rows * scaleRow));
    } else {
      for (let r = 0; r < rows; r++) {
        const row = base + publishedRow(firstRow + r, order.headDim);
        const weightBytes = new Uint8Array(weights, r * weightRow, weightRow);
        this.#assembler.write(planned.weight, row * weightRow, weightBytes);
        this.#assembler.write(planned.scale, row * scaleRow, new Uint8Array(scales, r * scaleRow, scaleRow));
      }
    }
    this.#stats.add(planned, use.part, firstRow, rows * cols, { ...sums, exactGroups });
  }

  /** Converts an AWQ matrix once its three tensors are there. */
  async #convertAwq(planned: MatrixPlan, use: InputUse, matrix: AwqMatrix): Promise<void> {
    const [qweight, qzeros, awqScales] = [matrix.qweight, matrix.qzeros, matrix.scales].map(({ name }) => {
      const entry = this.#gathered.get(name);
      return entry?.missing === 0 ? entry.bytes.buffer : null;
    });
    if (!qweight || !qzeros || !awqScales) return;
    for (const { name } of [matrix.qweight, matrix.qzeros, matrix.scales]) this.#gathered.delete(name);
    const { rows, cols, groupSize } = matrix;
    const scaleBytes = planned.scale.dtype === 'float32' ? 4 : 2;
    const firstRow = planned.parts[use.part]?.firstRow ?? 0;
    const targets = [
      { tensor: planned.weight, at: (firstRow * cols) / 2, length: (rows * cols) / 2 },
      {
        tensor: planned.scale,
        at: ((firstRow * cols) / GROUP) * scaleBytes,
        length: ((rows * cols) / GROUP) * scaleBytes,
      },
    ] as const;
    const elsewhere = this.#jobs.size < (this.#pool?.workers ?? 0);
    // On this thread straight into the shards; what is not wanted, or is made elsewhere, goes into memory of its own.
    const [weights, scales] = targets.map(({ tensor, at, length }) => {
      const place = elsewhere ? null : this.#assembler.place(tensor, at, length);
      return { placed: place !== null, bytes: place ?? new Uint8Array(this.#spare.take(length), 0, length) };
    });
    if (weights === undefined || scales === undefined) return;
    const job: AwqJob = {
      kind: 'awq',
      quality: this.#quality,
      scaleType: planned.scale.dtype === 'float32' ? 'float32' : 'float16',
      ...{ rows, cols, groupSize, qweight, qzeros, awqScales },
      weights: weights.bytes.buffer,
      weightsAt: weights.bytes.byteOffset,
      scales: scales.bytes.buffer,
      scalesAt: scales.bytes.byteOffset,
    };
    await this.#run(job, matrix.qweight.name, elsewhere, (result) => {
      for (const buffer of result.inputs) this.#spare.give(buffer);
      this.#stats.add(planned, use.part, 0, rows * cols, { ...result.sums, exactGroups: result.exactGroups });
      for (const [i, { tensor, at, length }] of targets.entries()) {
        const buffer = i === 0 ? result.weights : result.scales;
        if ((i === 0 ? weights : scales).placed) {
          this.#assembler.written(tensor, length);
          continue;
        }
        this.#assembler.write(tensor, at, new Uint8Array(buffer, 0, length));
        this.#spare.give(buffer);
      }
    });
  }

  /** Waits for every job under way. @throws as `take` */
  async settle(): Promise<void> {
    await Promise.all(this.#jobs);
    this.#throwIfFailed();
  }

  #throwIfFailed(): void {
    if (this.#failure !== null) throw this.#failure;
  }
}

/**
 * Most memory kept for AWQ's next matrices: those of a 7B layer that are at work at once, and what becomes of them. Less is
 * no less at the peak, since what is taken anew meanwhile is not collected at once.
 */
const MAX_SPARE_BYTES = 72 * 1024 * 1024;

type BlockBuffers = Pick<RowsJob, 'input' | 'weights' | 'scales'>;

/** GGUF row h·hd + 2i + j is published row h·hd + j·(hd/2) + i. */
export function publishedRow(storedRow: number, headDim: number): number {
  const inHead = storedRow % headDim;
  return storedRow - inHead + (inHead % 2) * (headDim / 2) + Math.floor(inHead / 2);
}

function badValues(tensor: string): AppError {
  return new AppError('transcode/bad-values', 'A weight is not a finite number', { tensor });
}

/** Adds the tensor's name to what goes wrong in a job, which knows only bytes. */
function named<T>(tensor: string, work: () => T): T {
  try {
    return work();
  } catch (thrown) {
    throw withTensor(thrown, tensor);
  }
}

function withTensor(thrown: unknown, tensor: string): AppError {
  const error = toAppError(thrown, 'transcode/worker-failed');
  return new AppError(error.code, error.message, { ...error.details, tensor }, { cause: error });
}
