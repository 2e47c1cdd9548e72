import { AppError } from '../../errors/app-error.ts';
import { MAX_NAME_BYTES, MAX_TENSORS } from '../limits.ts';
import { MAX_TORCH_DIMENSIONS } from './limits.ts';
import { PickleDict, PickleTuple, readPickle, type PickleHost, type PickleValue } from './pickle.ts';

/** Element types, by safetensors' names. */
export type TorchDtype = 'F64' | 'F32' | 'F16' | 'BF16' | 'I64' | 'I32' | 'I16' | 'I8' | 'U8' | 'BOOL';

export const TORCH_DTYPE_BYTES: Readonly<Record<TorchDtype, number>> = {
  F64: 8,
  F32: 4,
  F16: 2,
  BF16: 2,
  I64: 8,
  I32: 4,
  I16: 2,
  I8: 1,
  U8: 1,
  BOOL: 1,
};

/** A run of bytes that tensors look into. */
export interface PickledStorage {
  readonly kind: 'storage';
  /** Its entry in the archive is `data/<key>`. */
  readonly key: string;
  readonly bytes: number;
  /** Null: untyped bytes. */
  readonly dtype: TorchDtype | null;
}

/** A view of a storage. Offset and strides count elements. */
export interface PickledTensor {
  readonly kind: 'tensor';
  readonly storage: PickledStorage;
  readonly dtype: TorchDtype;
  readonly offset: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
}

type TorchObject =
  | PickledStorage
  | PickledTensor
  | { readonly kind: 'storage-type'; readonly dtype: TorchDtype | null }
  | { readonly kind: 'dtype'; readonly dtype: TorchDtype }
  | { readonly kind: 'function'; readonly name: TorchFunction };
type TorchFunction = 'tensor' | 'tensor-with-dtype' | 'parameter' | 'ordered-dict';
type Value = PickleValue<TorchObject>;

/** Everything a checkpoint may name. It is data: no entry leads to a function of PyTorch or of this program. */
const ALLOWED: ReadonlyMap<string, TorchObject> = new Map<string, TorchObject>([
  ['torch._utils._rebuild_tensor_v2', { kind: 'function', name: 'tensor' }],
  ['torch._utils._rebuild_tensor_v3', { kind: 'function', name: 'tensor-with-dtype' }],
  ['torch._utils._rebuild_parameter', { kind: 'function', name: 'parameter' }],
  ['collections.OrderedDict', { kind: 'function', name: 'ordered-dict' }],
  ['torch.DoubleStorage', { kind: 'storage-type', dtype: 'F64' }],
  ['torch.FloatStorage', { kind: 'storage-type', dtype: 'F32' }],
  ['torch.HalfStorage', { kind: 'storage-type', dtype: 'F16' }],
  ['torch.BFloat16Storage', { kind: 'storage-type', dtype: 'BF16' }],
  ['torch.LongStorage', { kind: 'storage-type', dtype: 'I64' }],
  ['torch.IntStorage', { kind: 'storage-type', dtype: 'I32' }],
  ['torch.ShortStorage', { kind: 'storage-type', dtype: 'I16' }],
  ['torch.CharStorage', { kind: 'storage-type', dtype: 'I8' }],
  ['torch.ByteStorage', { kind: 'storage-type', dtype: 'U8' }],
  ['torch.BoolStorage', { kind: 'storage-type', dtype: 'BOOL' }],
  ['torch.storage.UntypedStorage', { kind: 'storage-type', dtype: null }],
  ['torch.float64', { kind: 'dtype', dtype: 'F64' }],
  ['torch.float32', { kind: 'dtype', dtype: 'F32' }],
  ['torch.float16', { kind: 'dtype', dtype: 'F16' }],
  ['torch.bfloat16', { kind: 'dtype', dtype: 'BF16' }],
  ['torch.int64', { kind: 'dtype', dtype: 'I64' }],
  ['torch.int32', { kind: 'dtype', dtype: 'I32' }],
  ['torch.int16', { kind: 'dtype', dtype: 'I16' }],
  ['torch.int8', { kind: 'dtype', dtype: 'I8' }],
  ['torch.uint8', { kind: 'dtype', dtype: 'U8' }],
  ['torch.bool', { kind: 'dtype', dtype: 'BOOL' }],
]);

/**
 * The tensors a checkpoint's `data.pkl` names, in its order. What the pickle says of functions, classes and devices is only
 * recognised: `_rebuild_tensor_v2(storage, offset, size, stride, …)` becomes a description, nothing runs.
 * Forms: PyTorch's torch/_utils.py and torch/serialization.py (`_save`).
 * @throws AppError what `readPickle` throws; `transcode/not-only-weights` naming what is not on the list
 */
export function readTensorPickle(bytes: Uint8Array): ReadonlyMap<string, PickledTensor> {
  const root = readPickle(bytes, new TorchHost());
  if (!(root instanceof PickleDict)) {
    throw new AppError(
      'transcode/not-only-weights',
      'The PyTorch file holds something else than named tensors',
    );
  }
  if (root.entries.size > MAX_TENSORS) {
    throw new AppError('transcode/over-limit', 'The file names absurdly many tensors', {
      tensors: root.entries.size,
    });
  }
  const tensors = new Map<string, PickledTensor>();
  for (const [name, value] of root.entries) {
    if (typeof name !== 'string' || !isKind(value, 'tensor')) {
      throw new AppError(
        'transcode/not-only-weights',
        `The PyTorch file holds something else than tensors: ${String(name).slice(0, 100)}`,
        { entry: String(name).slice(0, 100) },
      );
    }
    if (name.length > MAX_NAME_BYTES) {
      throw new AppError('transcode/over-limit', 'A tensor name is absurdly long');
    }
    tensors.set(name, value);
  }
  return tensors;
}

class TorchHost implements PickleHost<TorchObject> {
  /** A storage is named once for each tensor in it: always with the same type and length. */
  readonly #storages = new Map<string, PickledStorage>();

  find(module: string, name: string): TorchObject {
    const found = ALLOWED.get(`${module}.${name}`);
    if (found !== undefined) return found;
    const full = `${module}.${name}`.slice(0, 200);
    throw new AppError(
      'transcode/not-only-weights',
      `The PyTorch file asks for ${full}, which is not on the short list of what may be in a file of weights`,
      { name: full },
    );
  }

  reduce(callable: TorchObject, { items }: PickleTuple<TorchObject>): Value {
    if (callable.kind !== 'function') throw malformed('The PyTorch file calls what is no function');
    switch (callable.name) {
      case 'ordered-dict':
        if (items.length > 0) throw malformed('An ordered dictionary begins with something in it');
        return new PickleDict();
      case 'parameter': {
        const [data] = items;
        if (!isKind(data, 'tensor')) throw malformed('A parameter is made of what is no tensor');
        return data;
      }
      case 'tensor': {
        const [storage, offset, shape, strides] = items;
        if (!isKind(storage, 'storage')) throw malformed('A tensor is made of what is no storage');
        if (storage.dtype === null) throw malformed('A tensor without a type');
        return tensor(storage, storage.dtype, offset, shape, strides);
      }
      case 'tensor-with-dtype': {
        const [storage, offset, shape, strides, , , type] = items;
        if (!isKind(storage, 'storage')) throw malformed('A tensor is made of what is no storage');
        if (!isKind(type, 'dtype')) throw malformed('A tensor without a type');
        return tensor(storage, type.dtype, offset, shape, strides);
      }
    }
  }

  /** State dictionaries carry `_metadata`, versions of their modules, as an attribute: nothing of the weights. */
  build(object: Value): void {
    if (!(object instanceof PickleDict)) {
      throw new AppError('transcode/not-only-weights', 'The PyTorch file sets the inner state of an object');
    }
  }

  load(id: Value): PickledStorage {
    const [tag, type, key, , elements] = id instanceof PickleTuple ? id.items : [];
    if (tag !== 'storage' || !isKind(type, 'storage-type') || typeof key !== 'string' || !isCount(elements)) {
      throw malformed('A storage is not described as PyTorch does');
    }
    const { dtype } = type;
    const bytes = elements * (dtype === null ? 1 : TORCH_DTYPE_BYTES[dtype]);
    if (!Number.isSafeInteger(bytes)) throw malformed('A storage is absurdly large');
    const known = this.#storages.get(key);
    if (known !== undefined) {
      if (known.dtype !== dtype || known.bytes !== bytes)
        throw malformed('A storage is described twice, differently');
      return known;
    }
    const storage: PickledStorage = { kind: 'storage', key, bytes, dtype };
    this.#storages.set(key, storage);
    return storage;
  }
}

function tensor(
  storage: PickledStorage,
  dtype: TorchDtype,
  offset: Value | undefined,
  size: Value | undefined,
  stride: Value | undefined,
): PickledTensor {
  const shape = counts(size);
  const strides = counts(stride);
  if (!isCount(offset) || shape.length !== strides.length)
    throw malformed('A tensor’s shape is not understood');
  if (!shape.includes(0)) {
    const last = shape.reduce((sum, length, i) => sum + (length - 1) * (strides[i] ?? 0), offset);
    const elements = shape.reduce((product, length) => product * length, 1);
    const end = (last + 1) * TORCH_DTYPE_BYTES[dtype];
    if (!Number.isSafeInteger(elements) || !Number.isSafeInteger(end) || end > storage.bytes) {
      throw malformed('A tensor reaches beyond its storage');
    }
  }
  return { kind: 'tensor', storage, dtype, offset, shape, strides };
}

function counts(value: Value | undefined): readonly number[] {
  if (!(value instanceof PickleTuple)) throw malformed('A tensor’s shape is not understood');
  if (value.items.length > MAX_TORCH_DIMENSIONS) {
    throw new AppError('transcode/over-limit', 'A tensor has absurdly many dimensions');
  }
  return value.items.map((item) => {
    if (!isCount(item)) throw malformed('A tensor’s shape is not understood');
    return item;
  });
}

function isCount(value: Value | undefined): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function isKind<K extends TorchObject['kind']>(
  value: Value | undefined,
  kind: K,
): value is Extract<TorchObject, { kind: K }> {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === kind;
}

function malformed(message: string): AppError {
  return new AppError('transcode/malformed', message);
}
