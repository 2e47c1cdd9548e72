/**
 * A stand-in for a compiled MLC library: the functions web-llm asks of one, computed on the CPU by a plain Llama. It keeps TVM's
 * rules where the engine depends on them (a forward between begin and end, a sequence that must exist, no more tokens than
 * the prefill chunk and the KV cache hold) and fails where TVM would.
 */
import { intOf, isRef, textOf, TYPE, type Ffi, type Native, type Ref, type Value } from './ffi.ts';
import { Tensors } from './tensors.ts';

/** A model that takes tokens one after the other. */
export interface TokenModel {
  readonly vocabSize: number;
  readonly parameters: readonly string[];
  /** Runs one token behind those so far. @returns the logits behind it. */
  next(id: number): Float32Array;
  /** Forgets all but the first `tokens`. */
  truncate(tokens: number): void;
}

export interface LibraryOptions {
  readonly prefillChunk: number;
  /** False: the library has no function to take tokens off its KV cache. */
  readonly canPop: boolean;
  /** Takes one token too few off: what a library with a broken rollback would do. */
  readonly popsWrong: boolean;
  /** A KV cache of more tokens than this does not fit the GPU. */
  readonly memoryFor: number;
}

interface KvCache {
  readonly capacity: number;
  length: number;
  hasSequence: boolean;
  /** Tokens announced by begin_forward; null outside. */
  announced: number | null;
}

const KERNELS = [
  'apply_bitmask_inplace',
  'apply_penalty_inplace',
  'apply_logit_bias_inplace',
  'softmax_with_temperature',
  'sample_with_top_p',
  'argsort_probs',
];

export function defineLibrary(ffi: Ffi, model: TokenModel, options: LibraryOptions): void {
  const tensors = new Tensors(ffi);
  const device = { gpu: 15 };
  const arrayOf = (items: readonly Value[]): Ref => {
    const refs = items.filter(isRef);
    for (const ref of refs) ffi.retain(ref);
    return ffi.create(TYPE.array, items, 0, () => {
      for (const ref of refs) ffi.release(ref);
    });
  };
  const moduleOf = (functions: Readonly<Record<string, (...args: readonly Value[]) => Value>>): Ref =>
    ffi.create(TYPE.module, functions);
  const shapeOf = (value: Value | undefined): readonly number[] =>
    ffi.payload(value, TYPE.shape) as readonly number[];
  const kvOf = (value: Value | undefined): KvCache => ffi.payload(value, TYPE.other) as KvCache;
  const items = (value: Value | undefined): readonly Value[] =>
    ffi.payload(value, TYPE.array) as readonly Value[];
  const cached = new Map<string, Ref>();

  ffi.define('ffi.FunctionListGlobalNamesFunctor', () => null);
  ffi.define('ffi.ModuleGetFunction', (module, name) => {
    const functions = ffi.payload(module, TYPE.module) as Readonly<Record<string, Native>>;
    const found = functions[textOf(name)];
    return found ? ffi.native(found) : null;
  });
  ffi.define('ffi.ModuleImportModule', () => null);
  ffi.define('ffi.Array', (...values) => arrayOf(values));
  ffi.define('ffi.ArrayGetItem', (array, at) => items(array)[intOf(at)] ?? null);
  ffi.define('ffi.ArraySize', (array) => ({ int: items(array).length }));
  ffi.define('tvmjs.runtime.ArrayConcat', (...arrays) =>
    arrayOf(arrays.flatMap((array) => [...items(array)])),
  );
  ffi.define('ffi.Shape', (...sizes) => ffi.create(TYPE.shape, sizes.map(intOf)));
  ffi.define('runtime.TVMTensorAllocWithScope', (shape, dtype, on) =>
    tensors.empty(shapeOf(shape), textOf(dtype), deviceOf(on)),
  );
  ffi.define('runtime.TVMTensorCreateView', (tensor, shape) =>
    tensors.view(tensors.of(tensor), shapeOf(shape)),
  );
  ffi.define('runtime.TVMTensorCopyFromTo', (from, to) => {
    tensors.copy(tensors.of(from), tensors.of(to));
    return null;
  });
  ffi.define('tvmjs.runtime.TensorCopyFromBytes', (tensor, bytes) => {
    tensors.cpuBytes(tensors.of(tensor)).set(bytesFrom(bytes));
    return null;
  });
  ffi.define('tvmjs.runtime.TensorCopyToBytes', (tensor) => ({
    bytes: tensors.cpuBytes(tensors.of(tensor)).slice(),
  }));
  ffi.define('vm.builtin.tensor_cache.update', (name, tensor) => {
    if (!isRef(tensor)) throw new Error('no tensor');
    ffi.retain(tensor);
    cached.set(textOf(name), tensor);
    return null;
  });
  ffi.define('vm.builtin.tensor_cache.get', (name) => cached.get(textOf(name)) ?? null);
  ffi.define('vm.builtin.tensor_cache.remove', () => null);
  ffi.define('vm.builtin.tensor_cache.clear', () => {
    for (const ref of cached.values()) ffi.release(ref);
    cached.clear();
    return null;
  });
  ffi.define('vm.builtin.param_module_from_cache_by_name', (names) => {
    const found = items(names).map((name) => {
      const ref = typeof name === 'string' ? cached.get(name) : undefined;
      if (!ref) throw new Error(`Cannot find parameter in cache: ${JSON.stringify(name)}`);
      return ref;
    });
    return moduleOf({ get_params: () => arrayOf(found) });
  });
  for (const unused of [
    'vm.builtin.param_module_from_cache',
    'tvmjs.array.decode_storage',
    'tvmjs.runtime.ConcatEmbeddings',
    'vm.builtin.sample_top_p_from_logits',
    'vm.builtin.sample_top_p_from_prob',
    'vm.builtin.apply_repetition_penalty',
    'vm.builtin.apply_presence_and_frequency_penalty',
    'vm.builtin.apply_softmax_with_temperature',
    'vm.builtin.attention_kv_cache_enable_sliding_window_for_seq',
    'vm.builtin.kv_state_remove_sequence',
  ]) {
    ffi.define(unused, () => {
      throw new Error(`${unused} is not part of this stand-in`);
    });
  }

  ffi.define('vm.builtin.kv_state_clear', (state) => {
    const kv = kvOf(state);
    kv.length = 0;
    kv.hasSequence = false;
    model.truncate(0);
    return null;
  });
  ffi.define('vm.builtin.kv_state_add_sequence', (state) => {
    kvOf(state).hasSequence = true;
    return null;
  });
  ffi.define('vm.builtin.kv_state_begin_forward', (state, _sequences, lengths) => {
    const kv = kvOf(state);
    if (!kv.hasSequence) throw new Error('the sequence cannot be found in the KV cache');
    const [length = 0] = shapeOf(lengths);
    if (kv.length + length > kv.capacity) throw new Error('the KV cache is full');
    kv.announced = length;
    return null;
  });
  ffi.define('vm.builtin.kv_state_end_forward', (state) => {
    kvOf(state).announced = null;
    return null;
  });
  if (options.canPop) {
    ffi.define('vm.builtin.kv_state_popn', (state, _sequence, count) => {
      const kv = kvOf(state);
      const drop = intOf(count) - (options.popsWrong ? 1 : 0);
      if (drop < 0 || drop > kv.length) throw new Error(`cannot take ${drop} of ${kv.length} tokens off`);
      kv.length -= drop;
      model.truncate(kv.length);
      return null;
    });
  }

  const forward = (
    embeddings: Value | undefined,
    state: Value | undefined,
    kind: 'prefill' | 'decode',
  ): Value => {
    const kv = kvOf(state);
    const { tokens } = tensors.of(embeddings);
    if (kv.announced !== tokens.length)
      throw new Error(`${kind} of ${tokens.length} tokens, ${kv.announced} announced`);
    if (tokens.length > (kind === 'decode' ? 1 : options.prefillChunk))
      throw new Error('too many tokens at once');
    let logits = new Float32Array(0);
    for (const id of tokens) logits = new Float32Array(model.next(id));
    kv.length += tokens.length;
    const out = tensors.upload(logits, [1, 1, model.vocabSize], device.gpu);
    return arrayOf([out, state ?? null]);
  };
  const vm = {
    vm_initialization: () => null,
    _metadata: () =>
      JSON.stringify({
        params: model.parameters.map((name) => ({ name })),
        prefill_chunk_size: options.prefillChunk,
      }),
    embed: (input: Value | undefined) => {
      const tokens = tensors.writtenInts(tensors.of(input));
      const bad = tokens.find((id) => id < 0 || id >= model.vocabSize);
      if (bad !== undefined) throw new Error(`token ${bad} is outside the vocabulary`);
      return tensors.empty([tokens.length, 8], 'float32', device.gpu, tokens);
    },
    prefill: (embeddings: Value | undefined, state: Value | undefined) =>
      forward(embeddings, state, 'prefill'),
    decode: (embeddings: Value | undefined, state: Value | undefined) => forward(embeddings, state, 'decode'),
    create_tir_paged_kv_cache: (_sequences: Value | undefined, total: Value | undefined) => {
      const [capacity = 0] = shapeOf(total);
      // More than the 1 GiB that web-llm asks a device for at most: WebGPU refuses it as it refuses what there is no memory for.
      const size = capacity > options.memoryFor ? 3 * 2 ** 27 : 16;
      const pages = tensors.empty([size], 'float32', device.gpu);
      ffi.retain(pages);
      const kv: KvCache = { capacity, length: 0, hasSequence: false, announced: null };
      return ffi.create(TYPE.other, kv, 0, () => ffi.release(pages));
    },
    'webgpu.get_fmap': () => '{}',
    'webgpu.get_shader': () => '',
    'webgpu.update_prebuild': () => null,
    ...Object.fromEntries(KERNELS.map((name) => [name, () => null])),
  };
  ffi.define('ffi.SystemLib', () => moduleOf({ vm_load_executable: () => moduleOf(vm) }));
}

function deviceOf(value: Value | undefined): number {
  if (typeof value === 'object' && value !== null && 'device' in value) return value.device;
  throw new Error('a device was expected');
}

function bytesFrom(value: Value | undefined): Uint8Array<ArrayBuffer> {
  if (typeof value === 'object' && value !== null && 'bytes' in value) return value.bytes;
  throw new Error('bytes were expected');
}
