import { AppError } from '../../errors/app-error.ts';
import { GROUP } from '../../formats/mlc-package/group.ts';
import { checkShape, missingTensor } from './llama-checks.ts';
import type { DenseMatrix, Matrix, RowOrder, TensorLocation, Vector } from './source-model.ts';

const AS_STORED: RowOrder = { kind: 'as-stored' };
/** Buffers of older exports that hold no weights. */
const IGNORED = '.rotary_emb.inv_freq';

/** One tensor of a folder's weight files. */
export interface StoredTensor extends TensorLocation {
  /** By safetensors' names: F32, F16, BF16, I32, … */
  readonly dtype: string;
  /** Row-major: the slowest-running dimension first. */
  readonly shape: readonly number[];
}

/** The folder's tensors by name; remembers which were asked for, so that nothing of the model is dropped in silence. */
export class TensorTable {
  readonly #tensors = new Map<string, StoredTensor>();
  readonly #used = new Set<string>();

  /** @throws AppError `transcode/malformed` for a name that two files have */
  constructor(tensors: readonly StoredTensor[]) {
    for (const tensor of tensors) {
      if (this.#tensors.has(tensor.name)) {
        throw new AppError('transcode/malformed', 'A tensor name appears in two files', {
          tensor: tensor.name,
        });
      }
      this.#tensors.set(tensor.name, tensor);
    }
  }

  /** Whether some weights are packed as AWQ and its kin do. */
  get isAwq(): boolean {
    return [...this.#tensors.keys()].some((name) => name.endsWith('.qweight'));
  }

  /** Whether every weight is a plain float. */
  get areFloats(): boolean {
    return [...this.#tensors.values()].every(({ dtype }) => isFloat(dtype));
  }

  has(name: string): boolean {
    return this.#tensors.has(name);
  }

  dense(name: string, rows: number, cols: number): DenseMatrix {
    const { location, dtype } = this.#get(`${name}.weight`, [rows, cols]);
    return {
      kind: 'dense',
      tensor: location,
      type: floatType(location.name, dtype),
      rows,
      cols,
      order: AS_STORED,
    };
  }

  vector(name: string, length: number): Vector {
    const { location, dtype } = this.#get(`${name}.weight`, [length]);
    return { tensor: location, type: floatType(location.name, dtype), length };
  }

  awq(name: string, rows: number, cols: number, wanted: number): Matrix {
    const groupSize = wanted === -1 ? cols : wanted;
    if (rows % 8 !== 0 || cols % groupSize !== 0 || groupSize % GROUP !== 0) {
      throw new AppError('transcode/wrong-shape', 'An AWQ matrix does not divide into its groups', {
        tensor: name,
      });
    }
    const groups = cols / groupSize;
    const qweight = this.#get(`${name}.qweight`, [cols, rows / 8]);
    const qzeros = this.#get(`${name}.qzeros`, [groups, rows / 8]);
    const scales = this.#get(`${name}.scales`, [groups, rows]);
    for (const { location, dtype } of [qweight, qzeros]) {
      if (dtype !== 'I32' && dtype !== 'U32') throw wrongType(location.name, dtype);
    }
    if (scales.dtype !== 'F16') throw wrongType(scales.location.name, scales.dtype);
    return {
      kind: 'awq',
      qweight: qweight.location,
      qzeros: qzeros.location,
      scales: scales.location,
      groupSize,
      rows,
      cols,
    };
  }

  /** @throws AppError `transcode/unsupported-model` for weights a plain Llama does not have (biases, adapters, g_idx) */
  refuseLeftovers(): void {
    for (const name of this.#tensors.keys()) {
      if (!this.#used.has(name) && !name.endsWith(IGNORED)) {
        throw new AppError('transcode/unsupported-model', `A Llama model has no place for ${name}`, {
          tensor: name,
        });
      }
    }
  }

  #get(name: string, shape: readonly number[]): { location: TensorLocation; dtype: string } {
    const tensor = this.#tensors.get(name);
    if (tensor === undefined) throw missingTensor(name);
    checkShape(name, tensor.shape, shape);
    this.#used.add(name);
    const { file, offset, byteLength, dtype } = tensor;
    return { location: { name, file, offset, byteLength }, dtype };
  }
}

function floatType(tensor: string, dtype: string): 'F32' | 'F16' | 'BF16' {
  if (isFloat(dtype)) return dtype;
  throw wrongType(tensor, dtype);
}

function isFloat(dtype: string): dtype is 'F32' | 'F16' | 'BF16' {
  return dtype === 'F32' || dtype === 'F16' || dtype === 'BF16';
}

function wrongType(tensor: string, dtype: string): AppError {
  return new AppError('transcode/unsupported', `Weights of type ${dtype} cannot be converted here`, {
    tensor,
    dtype,
  });
}
