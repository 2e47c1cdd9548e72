/**
 * TVM's foreign function interface as its JavaScript runtime uses it: values of 16 bytes (type, padding, payload), objects with
 * a reference count and a type, functions by name. Layouts follow tvm-ffi's `c_api.h` (Apache-2.0), written anew.
 */
import { Heap } from './heap.ts';

export const TYPE = {
  none: 0,
  int: 1,
  bool: 2,
  float: 3,
  device: 6,
  rawString: 8,
  byteArray: 9,
  string: 65,
  bytes: 66,
  function: 68,
  shape: 69,
  tensor: 70,
  array: 71,
  module: 73,
  other: 128,
} as const;

const OBJECT_HEADER = 24;

export type Value =
  | null
  | string
  | boolean
  | { readonly int: number }
  | { readonly float: number }
  | { readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly device: number }
  | Ref;

/** A reference to an object; says nothing about who owns it. */
export interface Ref {
  readonly handle: number;
}

export type Native = (...args: readonly Value[]) => Value;

interface FfiObject {
  readonly type: number;
  refs: number;
  readonly payload: unknown;
  readonly onFree: () => void;
}

/** The runtime's callback into JavaScript functions: its index in a table, arguments, their number, result. */
type SafeCall = (index: number, args: number, count: number, result: number) => number;

export class Ffi {
  readonly heap = new Heap();
  readonly #objects = new Map<number, FfiObject>();
  readonly #globals = new Map<string, Ref>();
  readonly #safeCall: SafeCall;
  readonly #deleteCallback: (index: number) => void;
  #lastError = 'no error';

  constructor(env: { TVMFFIWasmSafeCall: SafeCall; TVMFFIWasmFunctionDeleter: (index: number) => void }) {
    this.#safeCall = env.TVMFFIWasmSafeCall;
    this.#deleteCallback = env.TVMFFIWasmFunctionDeleter;
  }

  /** Objects alive: a test can see leaks. */
  get alive(): number {
    return this.#objects.size;
  }

  /** @param extra bytes behind the header. A new object has no owner until it is returned or kept. */
  create(type: number, payload: unknown, extra = 0, onFree: () => void = () => undefined): Ref {
    const handle = this.heap.alloc(OBJECT_HEADER + extra);
    this.heap.view.setInt32(handle + 8, type, true);
    this.#objects.set(handle, { type, refs: 0, payload, onFree });
    return { handle };
  }

  /** Address of what lies behind an object's header. */
  body({ handle }: Ref): number {
    return handle + OBJECT_HEADER;
  }

  payload(value: Value | undefined, type: number): unknown {
    const object = this.#object(isRef(value) ? value.handle : 0);
    if (object.type !== type) throw new Error(`an object of type ${object.type} where ${type} was expected`);
    return object.payload;
  }

  retain({ handle }: Ref): void {
    this.#object(handle).refs += 1;
  }

  release({ handle }: Ref): void {
    const object = this.#object(handle);
    object.refs -= 1;
    if (object.refs > 0) return;
    this.#objects.delete(handle);
    this.heap.release(handle);
    object.onFree();
  }

  define(name: string, native: Native): void {
    const ref = this.native(native);
    this.retain(ref);
    this.#globals.set(name, ref);
  }

  native(native: Native): Ref {
    return this.create(TYPE.function, native);
  }

  /** Calls a global function that JavaScript registered, or one it returned. */
  call(callee: string | Ref, ...args: readonly Value[]): Value {
    const ref = typeof callee === 'string' ? this.#globals.get(callee) : callee;
    if (!ref) throw new Error(`no global function ${JSON.stringify(callee)}`);
    const space = this.heap.alloc(16 * (args.length + 1));
    for (const [at, value] of args.entries()) this.write(space + 16 * at, value);
    const result = space + 16 * args.length;
    try {
      if (this.callAt(ref.handle, space, args.length, result) !== 0) throw new Error(this.#lastError);
      return this.read(result);
    } finally {
      this.heap.release(space);
    }
  }

  /** What the runtime imports from a compiled library's runtime. */
  exports(): Record<string, unknown> {
    const { heap } = this;
    const nothing = (): number => 0;
    return {
      memory: heap.memory,
      _initialize: nothing,
      malloc: (length: number) => heap.alloc(length),
      free: (at: number) => heap.release(at),
      TVMWasmAllocSpace: (length: number) => heap.alloc(length),
      TVMWasmFreeSpace: (at: number) => heap.release(at),
      TVMFFIFunctionGetGlobal: (name: number, out: number) => {
        const found = this.#globals.get(this.#byteArray(name));
        if (found) this.retain(found);
        heap.view.setUint32(out, found?.handle ?? 0, true);
        return 0;
      },
      TVMFFIFunctionSetGlobal: (name: number, handle: number) => {
        this.retain({ handle });
        this.#globals.set(this.#byteArray(name), { handle });
        return 0;
      },
      TVMFFIFunctionCall: (handle: number, args: number, count: number, result: number) =>
        this.callAt(handle, args, count, result),
      TVMFFIWasmFunctionCreate: (index: number, out: number) => {
        const ref = this.create(TYPE.function, { callback: index }, 0, () => this.#deleteCallback(index));
        this.retain(ref);
        heap.view.setUint32(out, ref.handle, true);
        return 0;
      },
      TVMFFIWasmGetLastError: () => {
        const text = new TextEncoder().encode(`${this.#lastError}\0`);
        const at = heap.alloc(text.length);
        heap.bytes(at, text.length).set(text);
        return at;
      },
      TVMFFIErrorSetRaisedFromCStr: (_kind: number, message: number) => {
        this.#lastError = heap.cString(message);
      },
      TVMFFIObjectIncRef: (handle: number) => {
        this.retain({ handle });
        return 0;
      },
      TVMFFIObjectDecRef: (handle: number) => {
        this.release({ handle });
        return 0;
      },
      TVMFFIAnyViewToOwnedAny: (from: number, to: number) => {
        this.write(to, this.read(from), true);
        return 0;
      },
      TVMFFITypeKeyToIndex: (key: number, out: number) => {
        const name = this.#byteArray(key);
        heap.view.setUint32(out, name === 'ffi.Array' ? TYPE.array : TYPE.module, true);
        return 0;
      },
    };
  }

  callAt(handle: number, args: number, count: number, result: number): number {
    const { payload } = this.#object(handle);
    if (typeof payload !== 'function') {
      return this.#safeCall((payload as { callback: number }).callback, args, count, result);
    }
    try {
      const values = Array.from({ length: count }, (_, at) => this.read(args + 16 * at));
      this.write(result, (payload as Native)(...values), true);
      return 0;
    } catch (thrown) {
      this.#lastError = thrown instanceof Error ? thrown.message : String(thrown);
      return -1;
    }
  }

  read(at: number): Value {
    const { view } = this.heap;
    const type = view.getInt32(at, true);
    const payload = view.getUint32(at + 8, true);
    switch (type) {
      case TYPE.none:
        return null;
      case TYPE.int:
        return { int: view.getInt32(at + 8, true) };
      case TYPE.bool:
        return payload !== 0;
      case TYPE.float:
        return { float: view.getFloat64(at + 8, true) };
      case TYPE.device:
        return { device: view.getInt32(at + 8, true) };
      case TYPE.rawString:
        return this.heap.cString(payload);
      case TYPE.byteArray:
        return { bytes: this.#byteArrayBytes(payload) };
      case TYPE.string:
        return this.#byteArray(payload + OBJECT_HEADER);
      case TYPE.bytes:
        return { bytes: this.#byteArrayBytes(payload + OBJECT_HEADER) };
      default:
        return { handle: payload };
    }
  }

  /** @param own gives the receiver a reference of its own. */
  write(at: number, value: Value, own = false): void {
    const { view } = this.heap;
    const put = (type: number, payload: number): void => {
      view.setInt32(at, type, true);
      view.setInt32(at + 4, 0, true);
      view.setUint32(at + 8, payload, true);
      view.setInt32(at + 12, 0, true);
    };
    if (value === null) put(TYPE.none, 0);
    else if (typeof value === 'boolean') put(TYPE.bool, value ? 1 : 0);
    else if (typeof value === 'string') this.write(at, this.#text(value), true);
    else if ('int' in value) {
      put(TYPE.int, value.int);
      if (value.int < 0) view.setInt32(at + 12, -1, true);
    } else if ('float' in value) {
      put(TYPE.float, 0);
      view.setFloat64(at + 8, value.float, true);
    } else if ('device' in value) put(TYPE.device, value.device);
    else if ('bytes' in value) this.write(at, this.#stored(TYPE.bytes, value.bytes), true);
    else {
      // Allocating moves no memory, but the view above may be stale after a write that grew it.
      if (own) this.retain(value);
      this.heap.view.setInt32(at, this.#object(value.handle).type, true);
      this.heap.view.setInt32(at + 4, 0, true);
      this.heap.view.setUint32(at + 8, value.handle, true);
      this.heap.view.setInt32(at + 12, 0, true);
    }
  }

  #text(text: string): Ref {
    return this.#stored(TYPE.string, new TextEncoder().encode(text));
  }

  #stored(type: number, bytes: Uint8Array): Ref {
    const data = this.heap.alloc(Math.max(1, bytes.length));
    this.heap.bytes(data, bytes.length).set(bytes);
    const ref = this.create(type, null, 8, () => this.heap.release(data));
    this.heap.view.setUint32(this.body(ref), data, true);
    this.heap.view.setUint32(this.body(ref) + 4, bytes.length, true);
    return ref;
  }

  #byteArray(at: number): string {
    return new TextDecoder().decode(this.#byteArrayBytes(at));
  }

  #byteArrayBytes(at: number): Uint8Array<ArrayBuffer> {
    const { view } = this.heap;
    return this.heap.bytes(view.getUint32(at, true), view.getUint32(at + 4, true)).slice();
  }

  #object(handle: number): FfiObject {
    const object = this.#objects.get(handle);
    if (!object) throw new Error(`object ${handle} is not alive`);
    return object;
  }
}

export function isRef(value: Value | undefined): value is Ref {
  return typeof value === 'object' && value !== null && 'handle' in value;
}

export function intOf(value: Value | undefined): number {
  if (typeof value === 'object' && value !== null && 'int' in value) return value.int;
  throw new Error('an integer was expected');
}

export function textOf(value: Value | undefined): string {
  if (typeof value === 'string') return value;
  throw new Error('a string was expected');
}
