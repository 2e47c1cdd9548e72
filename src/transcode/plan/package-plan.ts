/** What a plan says: which tensors are read, in which order, and where every byte of the package lies. */
import type { WrittenTensor } from '../../formats/mlc-package/tensor-cache.ts';
import { type MlcQuantization } from '../../formats/mlc-package/quantization.ts';
import type { Matrix, SourceModel, TensorLocation, Vector } from '../source/source-model.ts';

/** One tensor of the package, at its place in a shard. */
export interface OutputTensor extends WrittenTensor {
  /** Index into `PackagePlan.shards`. */
  readonly shard: number;
}

/** Rows `firstRow …` of a stacked output matrix come from `matrix`. */
export interface MatrixPart {
  readonly matrix: Matrix;
  readonly firstRow: number;
}

export interface MatrixPlan {
  readonly kind: 'matrix';
  /** MLC's parameter name without `.q_weight` / `.q_scale`. */
  readonly name: string;
  readonly rows: number;
  readonly cols: number;
  readonly parts: readonly MatrixPart[];
  readonly weight: OutputTensor;
  readonly scale: OutputTensor;
}

export interface VectorPlan {
  readonly kind: 'vector';
  readonly name: string;
  readonly vector: Vector;
  readonly output: OutputTensor;
}

export type TensorPlan = MatrixPlan | VectorPlan;

export interface ShardPlan {
  /** `params_shard_N.bin` */
  readonly name: string;
  readonly nbytes: number;
  readonly tensors: readonly OutputTensor[];
}

/** One stored tensor and what it serves: a vector, rows of a matrix, or a third of an AWQ matrix. */
export interface InputPlan {
  readonly location: TensorLocation;
  readonly uses: readonly InputUse[];
  /** Read out of its turn; a sequential reading passes over it once more, only to hash it. */
  readonly aside: boolean;
}

export interface InputUse {
  /** Index into `PackagePlan.tensors`. */
  readonly tensor: number;
  /** Index into `MatrixPlan.parts`; 0 for a vector. */
  readonly part: number;
  readonly role: 'vector' | 'rows' | 'qweight' | 'qzeros' | 'scales';
}

/**
 * Everything a conversion will do, known from the headers alone: what is read, in which order, and where every byte
 * of the package lies. The same model and options give the same plan.
 */
export interface PackagePlan {
  readonly model: SourceModel;
  readonly quantization: MlcQuantization;
  /** In the order they are finished, which is their order in the shards. */
  readonly tensors: readonly TensorPlan[];
  readonly shards: readonly ShardPlan[];
  /** In reading order. */
  readonly inputs: readonly InputPlan[];
  /** Whether reading, but for what is `aside`, goes through each file once from front to back: it can be hashed on the way. */
  readonly sequential: boolean;
  /** Most bytes held at once: unfinished output, and AWQ tensors gathered for it. */
  readonly peakBytes: number;
  /** Bytes of all shards together. */
  readonly totalBytes: number;
}

/** A tensor of the package before its place is known. */
export type WantedTensor =
  | {
      readonly kind: 'matrix';
      readonly name: string;
      readonly rows: number;
      readonly cols: number;
      readonly parts: readonly MatrixPart[];
    }
  | { readonly kind: 'vector'; readonly name: string; readonly vector: Vector };
