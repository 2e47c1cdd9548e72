import { AppError } from '../../errors/app-error.ts';
import {
  MAX_PICKLE_MARKS,
  MAX_PICKLE_MEMO,
  MAX_PICKLE_STACK,
  MAX_PICKLE_STEPS,
  MAX_PICKLE_STRING_BYTES,
} from './limits.ts';

/** What a pickle may hold. `T` are the host's own objects: what it lets a pickle name and what it makes of that. */
export type PickleValue<T> =
  | null
  | boolean
  | number
  | string
  | Uint8Array
  | PickleTuple<T>
  | PickleList<T>
  | PickleDict<T>
  | T;

export class PickleTuple<T> {
  readonly items: readonly PickleValue<T>[];

  constructor(items: readonly PickleValue<T>[]) {
    this.items = items;
  }
}

export class PickleList<T> {
  readonly items: PickleValue<T>[] = [];
}

export class PickleDict<T> {
  readonly entries = new Map<string | number, PickleValue<T>>();
}

/** The only door from a pickle to anything. Each function throws an AppError for what it does not let through. */
export interface PickleHost<T> {
  /** A class or function named by module and name. Nothing is imported: the host answers with an object of its own, or throws. */
  find(module: string, name: string): T;
  /** `callable(*args)`. Calls nothing: it builds the one thing the host knows under that name, or throws. */
  reduce(callable: T, args: PickleTuple<T>): PickleValue<T>;
  /** `object.__setstate__(state)`. */
  build(object: PickleValue<T>, state: PickleValue<T>): void;
  /** An object kept outside the pickle. */
  load(id: PickleValue<T>): PickleValue<T>;
}

/**
 * Reads a pickle without running it: a stack machine for the instructions that data needs. Instructions that make objects of
 * arbitrary classes are refused by name, and every name goes through `host`.
 * Format: CPython's Lib/pickletools.py, protocols 2 to 5.
 * @throws AppError `transcode/malformed`, `transcode/truncated`, `transcode/over-limit`, `transcode/unsupported`, and what
 *   the host throws
 */
export function readPickle<T extends object>(bytes: Uint8Array, host: PickleHost<T>): PickleValue<T> {
  return new Machine(bytes, host).run();
}

const NAMES: ReadonlyMap<number, string> = new Map([
  [0x46, 'FLOAT'],
  [0x49, 'INT'],
  [0x4c, 'LONG'],
  [0x50, 'PERSID'],
  [0x53, 'STRING'],
  [0x56, 'UNICODE'],
  [0x69, 'INST'],
  [0x6f, 'OBJ'],
  [0x81, 'NEWOBJ'],
  [0x82, 'EXT1'],
  [0x83, 'EXT2'],
  [0x84, 'EXT4'],
  [0x8f, 'EMPTY_SET'],
  [0x90, 'ADDITEMS'],
  [0x91, 'FROZENSET'],
  [0x92, 'NEWOBJ_EX'],
  [0x96, 'BYTEARRAY8'],
  [0x97, 'NEXT_BUFFER'],
  [0x98, 'READONLY_BUFFER'],
]);

class Machine<T extends object> {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #host: PickleHost<T>;
  readonly #memo = new Map<number, PickleValue<T>>();
  readonly #stack: PickleValue<T>[] = [];
  /** Heights of the stack where marks stand. */
  readonly #marks: number[] = [];
  #at = 0;

  constructor(bytes: Uint8Array, host: PickleHost<T>) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#host = host;
  }

  run(): PickleValue<T> {
    if (this.#byte() !== 0x80) throw malformed('The description of the tensors is not a pickle');
    this.#protocol();
    for (let steps = 0; steps < MAX_PICKLE_STEPS; steps++) {
      const code = this.#byte();
      if (code === 0x2e) return this.#finish();
      this.#step(code);
      if (this.#stack.length > MAX_PICKLE_STACK) throw overLimit('deep');
    }
    throw overLimit('long');
  }

  #finish(): PickleValue<T> {
    const value = this.#pop();
    if (this.#stack.length > 0 || this.#at !== this.#bytes.length) {
      throw malformed('The description of the tensors goes on behind its end');
    }
    return value;
  }

  #protocol(): void {
    const version = this.#byte();
    if (version < 2 || version > 5) {
      throw new AppError('transcode/unsupported', `Pickle protocol ${String(version)} is not supported`, {
        protocol: version,
      });
    }
  }

  /** One instruction. Letters and numbers as in pickletools. */
  #step(code: number): void {
    switch (code) {
      case 0x95: // FRAME: a length that only helps readers of streams
        this.#uint64();
        return;
      case 0x28: // MARK
        if (this.#marks.push(this.#stack.length) > MAX_PICKLE_MARKS) throw overLimit('nested');
        return;
      case 0x30: // POP
        this.#pop();
        return;
      case 0x31: // POP_MARK
        this.#popMark();
        return;
      case 0x32: // DUP
        this.#stack.push(this.#top());
        return;
      case 0x4e: // NONE
        this.#stack.push(null);
        return;
      case 0x88: // NEWTRUE
      case 0x89: // NEWFALSE
        this.#stack.push(code === 0x88);
        return;
      case 0x4a: // BININT
        this.#stack.push(this.#view.getInt32(this.#take(4), true));
        return;
      case 0x4b: // BININT1
        this.#stack.push(this.#byte());
        return;
      case 0x4d: // BININT2
        this.#stack.push(this.#view.getUint16(this.#take(2), true));
        return;
      case 0x8a: // LONG1
        this.#stack.push(this.#long(this.#byte()));
        return;
      case 0x8b: // LONG4
        this.#stack.push(this.#long(this.#uint32()));
        return;
      case 0x47: // BINFLOAT
        this.#stack.push(this.#view.getFloat64(this.#take(8), false));
        return;
      case 0x58: // BINUNICODE
        this.#stack.push(this.#text(this.#uint32()));
        return;
      case 0x8c: // SHORT_BINUNICODE
        this.#stack.push(this.#text(this.#byte()));
        return;
      case 0x8d: // BINUNICODE8
        this.#stack.push(this.#text(this.#uint64()));
        return;
      case 0x54: // BINSTRING, Python 2's
        this.#stack.push(this.#text(this.#uint32()));
        return;
      case 0x55: // SHORT_BINSTRING
        this.#stack.push(this.#text(this.#byte()));
        return;
      case 0x42: // BINBYTES
        this.#stack.push(this.#raw(this.#uint32()));
        return;
      case 0x43: // SHORT_BINBYTES
        this.#stack.push(this.#raw(this.#byte()));
        return;
      default:
        this.#structure(code);
    }
  }

  /** Instructions that put values together or name them. */
  #structure(code: number): void {
    switch (code) {
      case 0x29: // EMPTY_TUPLE
        this.#stack.push(new PickleTuple([]));
        return;
      case 0x74: // TUPLE
        this.#stack.push(new PickleTuple(this.#popMark()));
        return;
      case 0x85: // TUPLE1
      case 0x86: // TUPLE2
      case 0x87: // TUPLE3
        this.#stack.push(new PickleTuple(this.#popMany(code - 0x84)));
        return;
      case 0x5d: // EMPTY_LIST
        this.#stack.push(new PickleList());
        return;
      case 0x61: // APPEND
        this.#append(this.#popMany(1));
        return;
      case 0x65: // APPENDS
        this.#append(this.#popMark());
        return;
      case 0x7d: // EMPTY_DICT
        this.#stack.push(new PickleDict());
        return;
      case 0x73: // SETITEM
        this.#setItems(this.#popMany(2));
        return;
      case 0x75: // SETITEMS
        this.#setItems(this.#popMark());
        return;
      case 0x68: // BINGET
        this.#recall(this.#byte());
        return;
      case 0x6a: // LONG_BINGET
        this.#recall(this.#uint32());
        return;
      case 0x71: // BINPUT
        this.#remember(this.#byte());
        return;
      case 0x72: // LONG_BINPUT
        this.#remember(this.#uint32());
        return;
      case 0x94: // MEMOIZE
        this.#remember(this.#memo.size);
        return;
      default:
        this.#named(code);
    }
  }

  /** Instructions that reach out of the pickle: all of them end at the host. */
  #named(code: number): void {
    switch (code) {
      case 0x63: // GLOBAL
        this.#stack.push(this.#host.find(this.#line(), this.#line()));
        return;
      case 0x93: {
        // STACK_GLOBAL
        const [module, name] = this.#popMany(2);
        if (typeof module !== 'string' || typeof name !== 'string') throw malformed('A name is not text');
        this.#stack.push(this.#host.find(module, name));
        return;
      }
      case 0x52: {
        // REDUCE
        const [callable, args] = this.#popMany(2);
        if (!(args instanceof PickleTuple) || !isHostObject<T>(callable)) {
          throw malformed('The description of the tensors calls what can’t be called');
        }
        this.#stack.push(this.#host.reduce(callable, args));
        return;
      }
      case 0x62: {
        // BUILD
        const state = this.#pop();
        this.#host.build(this.#top(), state);
        return;
      }
      case 0x51: // BINPERSID
        this.#stack.push(this.#host.load(this.#pop()));
        return;
      default: {
        const name = NAMES.get(code) ?? `number ${String(code)}`;
        throw new AppError('transcode/not-only-weights', `The pickle instruction ${name} is not allowed`, {
          instruction: name,
        });
      }
    }
  }

  #append(values: readonly PickleValue<T>[]): void {
    const list = this.#top();
    if (!(list instanceof PickleList)) throw malformed('Something is appended to what is no list');
    for (const value of values) list.items.push(value);
  }

  #setItems(values: readonly PickleValue<T>[]): void {
    const dict = this.#top();
    if (!(dict instanceof PickleDict) || values.length % 2 !== 0) {
      throw malformed('Something is stored in what is no dictionary');
    }
    for (let i = 0; i < values.length; i += 2) {
      const key = values[i];
      if (typeof key !== 'string' && typeof key !== 'number')
        throw malformed('A key is neither text nor number');
      dict.entries.set(key, values[i + 1] ?? null);
    }
  }

  #remember(index: number): void {
    if (this.#memo.size >= MAX_PICKLE_MEMO) throw overLimit('repetitive');
    this.#memo.set(index, this.#top());
  }

  #recall(index: number): void {
    const value = this.#memo.get(index);
    if (value === undefined) throw malformed('Something is named again that was not remembered');
    this.#stack.push(value);
  }

  #top(): PickleValue<T> {
    const value = this.#stack.at(-1);
    // Nothing below a mark may be touched before the mark is taken away.
    if (value === undefined || this.#stack.length <= (this.#marks.at(-1) ?? 0)) throw underflow();
    return value;
  }

  #pop(): PickleValue<T> {
    const value = this.#top();
    this.#stack.pop();
    return value;
  }

  #popMany(count: number): PickleValue<T>[] {
    if (this.#stack.length - count < (this.#marks.at(-1) ?? 0)) throw underflow();
    return this.#stack.splice(this.#stack.length - count);
  }

  #popMark(): PickleValue<T>[] {
    const mark = this.#marks.pop();
    if (mark === undefined) throw underflow();
    return this.#stack.splice(mark);
  }

  /** Moves on by `length` bytes; returns where they begin. */
  #take(length: number): number {
    const start = this.#at;
    if (start + length > this.#bytes.length) {
      throw new AppError('transcode/truncated', 'The description of the tensors was cut short');
    }
    this.#at += length;
    return start;
  }

  #byte(): number {
    return this.#view.getUint8(this.#take(1));
  }

  #uint32(): number {
    return this.#view.getUint32(this.#take(4), true);
  }

  #uint64(): number {
    const value = this.#view.getBigUint64(this.#take(8), true);
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw overLimit('large');
    return Number(value);
  }

  /** A little-endian two's complement number of any length; sizes and offsets fit eight bytes. */
  #long(length: number): number {
    if (length > 8) throw overLimit('large');
    const start = this.#take(length);
    let value = 0n;
    for (let i = length - 1; i >= 0; i--) value = (value << 8n) | BigInt(this.#bytes[start + i] ?? 0);
    const signed = BigInt.asIntN(8 * length, value);
    if (signed > BigInt(Number.MAX_SAFE_INTEGER) || signed < BigInt(Number.MIN_SAFE_INTEGER)) {
      throw overLimit('large');
    }
    return Number(signed);
  }

  #raw(length: number): Uint8Array {
    if (length > MAX_PICKLE_STRING_BYTES) throw overLimit('wordy');
    const start = this.#take(length);
    return this.#bytes.slice(start, start + length);
  }

  #text(length: number): string {
    return decode(this.#raw(length));
  }

  /** Up to the next line feed. */
  #line(): string {
    const end = this.#bytes.indexOf(0x0a, this.#at);
    if (end < 0) throw new AppError('transcode/truncated', 'The description of the tensors was cut short');
    const text = this.#text(end - this.#at);
    this.#take(1);
    return text;
  }
}

function isHostObject<T extends object>(value: PickleValue<T> | undefined): value is T {
  return (
    typeof value === 'object' &&
    value !== null &&
    !(value instanceof Uint8Array) &&
    !(value instanceof PickleTuple) &&
    !(value instanceof PickleList) &&
    !(value instanceof PickleDict)
  );
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (thrown) {
    throw new AppError('transcode/malformed', 'A text in the pickle is not UTF-8', {}, { cause: thrown });
  }
}

function overLimit(what: string): AppError {
  return new AppError('transcode/over-limit', `The description of the tensors is absurdly ${what}`);
}

function underflow(): AppError {
  return malformed('The description of the tensors takes more than it gave');
}

function malformed(message: string): AppError {
  return new AppError('transcode/malformed', message);
}
