/** Tensors on the CPU (in linear memory) and on the GPU (through the runtime's own WebGPU functions). */
import { intOf, TYPE, type Ffi, type Ref, type Value } from './ffi.ts';
import { lastCreatedBuffer, writtenTo } from './gpu-spy.ts';

const CPU = 1;

interface Storage {
  readonly device: number;
  /** An address on the CPU, a number of the runtime's buffer table on the GPU. */
  readonly data: number;
  readonly buffer: GPUBuffer | null;
  users: number;
}

export interface Tensor {
  readonly storage: Storage;
  readonly shape: readonly number[];
  readonly dtype: string;
  /** Token ids that an embedding was made of. */
  readonly tokens: readonly number[];
}

const DTYPE = /^(int|uint|float)(\d+)$/;
const CODES = { int: 0, uint: 1, float: 2 } as const;

export class Tensors {
  readonly #ffi: Ffi;

  constructor(ffi: Ffi) {
    this.#ffi = ffi;
  }

  of(value: Value | undefined): Tensor {
    return this.#ffi.payload(value, TYPE.tensor) as Tensor;
  }

  empty(shape: readonly number[], dtype: string, device: number, tokens: readonly number[] = []): Ref {
    const length = bytesOf(shape, dtype);
    const storage: Storage =
      device === CPU
        ? { device, data: this.#ffi.heap.alloc(length), buffer: null, users: 0 }
        : { device, data: this.#gpuAlloc(length), buffer: lastCreatedBuffer(), users: 0 };
    return this.#wrap({ storage, shape, dtype, tokens });
  }

  view(of: Tensor, shape: readonly number[]): Ref {
    return this.#wrap({ ...of, shape });
  }

  copy(from: Tensor, to: Tensor): void {
    const length = bytesOf(from.shape, from.dtype);
    if (length !== bytesOf(to.shape, to.dtype)) throw new Error('copied between tensors of different sizes');
    const [source, target] = [{ int: from.storage.data }, { int: to.storage.data }];
    const [zero, size] = [{ int: 0 }, { int: length }];
    const ways = `${from.storage.device === CPU ? 'cpu' : 'gpu'} ${to.storage.device === CPU ? 'cpu' : 'gpu'}`;
    if (ways === 'gpu cpu') this.#gpu('deviceCopyFromGPU', source, zero, target, size);
    else if (ways === 'cpu gpu') this.#gpu('deviceCopyToGPU', source, target, zero, size);
    else if (ways === 'gpu gpu') this.#gpu('deviceCopyWithinGPU', source, zero, target, zero, size);
    else this.#ffi.heap.bytes(to.storage.data, length).set(this.#ffi.heap.bytes(from.storage.data, length));
  }

  cpuBytes({ storage, shape, dtype }: Tensor): Uint8Array<ArrayBuffer> {
    if (storage.device !== CPU) throw new Error('not a CPU tensor');
    return this.#ffi.heap.bytes(storage.data, bytesOf(shape, dtype));
  }

  /** Integers that JavaScript last wrote into a GPU tensor. */
  writtenInts({ storage, shape }: Tensor): readonly number[] {
    const bytes = storage.buffer && writtenTo(storage.buffer);
    const count = shape.reduce((product, size) => product * size, 1);
    if (!bytes || bytes.byteLength < 4 * count) throw new Error('a tensor was read that was never written');
    return Array.from(new Int32Array(bytes.buffer, 0, count));
  }

  /** A new GPU tensor holding `values`. */
  upload(values: Float32Array, shape: readonly number[], device: number): Ref {
    const { heap } = this.#ffi;
    const staging = heap.alloc(values.byteLength);
    heap
      .bytes(staging, values.byteLength)
      .set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
    const ref = this.empty(shape, 'float32', device);
    this.#gpu(
      'deviceCopyToGPU',
      { int: staging },
      { int: this.of(ref).storage.data },
      { int: 0 },
      { int: values.byteLength },
    );
    heap.release(staging);
    return ref;
  }

  #wrap(tensor: Tensor): Ref {
    const { storage, shape, dtype } = tensor;
    storage.users += 1;
    const ref = this.#ffi.create(TYPE.tensor, tensor, 40 + 8 * shape.length, () => this.#drop(storage));
    const { view } = this.#ffi.heap;
    const at = this.#ffi.body(ref);
    const [, kind = 'float', bits = '32'] = DTYPE.exec(dtype) ?? [];
    view.setUint32(at, storage.data, true);
    view.setInt32(at + 4, storage.device, true);
    view.setInt32(at + 12, shape.length, true);
    view.setUint8(at + 16, CODES[kind as keyof typeof CODES]);
    view.setUint8(at + 17, Number(bits));
    view.setUint16(at + 18, 1, true);
    view.setUint32(at + 20, at + 40, true);
    for (const [axis, size] of shape.entries()) view.setInt32(at + 40 + 8 * axis, size, true);
    return ref;
  }

  #drop(storage: Storage): void {
    storage.users -= 1;
    if (storage.users > 0) return;
    if (storage.device === CPU) this.#ffi.heap.release(storage.data);
    else this.#gpu('deviceFreeDataSpace', { int: storage.data });
  }

  #gpuAlloc(length: number): number {
    const pointer = this.#gpu('deviceAllocDataSpace', { int: length });
    // JavaScript returns plain numbers as floats.
    return typeof pointer === 'object' && pointer !== null && 'float' in pointer
      ? pointer.float
      : intOf(pointer);
  }

  #gpu(name: string, ...args: Value[]): Value {
    const api = this.#ffi.call('wasm.WebGPUDeviceAPI', name);
    if (typeof api !== 'object' || api === null || !('handle' in api)) throw new Error(`no ${name}`);
    try {
      return this.#ffi.call(api, ...args);
    } finally {
      this.#ffi.release(api);
    }
  }
}

export function bytesOf(shape: readonly number[], dtype: string): number {
  const bits = Number(DTYPE.exec(dtype)?.[2] ?? 32);
  return Math.ceil((shape.reduce((product, size) => product * size, 1) * bits) / 8);
}
