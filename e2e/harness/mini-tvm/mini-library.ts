/** The stand-in library as a file: an empty WebAssembly module with its options in a custom section. */
import type { LibraryOptions } from './library.ts';

export interface MiniLibrary extends LibraryOptions {
  /** Whose package the stand-in computes with. */
  readonly baseUrl: string;
  /** Loads everything and answers nonsense: for measuring the load of a package too large to compute with here. */
  readonly idle: boolean;
}

const EMPTY_MODULE = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];
const NAME = 'mini-tvm';

export function writeMiniLibrary(library: MiniLibrary): Uint8Array<ArrayBuffer> {
  const name = new TextEncoder().encode(NAME);
  const json = new TextEncoder().encode(JSON.stringify(library));
  const content = [...leb128(name.length), ...name, ...json];
  return Uint8Array.from([...EMPTY_MODULE, 0, ...leb128(content.length), ...content]);
}

/** @returns null for any other module. */
export function readMiniLibrary(bytes: Uint8Array): MiniLibrary | null {
  const text = new TextDecoder().decode(bytes);
  const at = text.indexOf(`${NAME}{`);
  return at === -1 ? null : (JSON.parse(text.slice(at + NAME.length)) as MiniLibrary);
}

function leb128(value: number): number[] {
  const low = value & 0x7f;
  return value < 0x80 ? [low] : [low | 0x80, ...leb128(value >>> 7)];
}
