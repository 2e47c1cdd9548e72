/** Which parts of WebAssembly the browser knows, found by asking it to validate the smallest module that uses each. */

export interface WasmFeatures {
  /** 128-bit vector instructions. */
  readonly simd: boolean;
  /** Shared memory and atomics; usable only on a cross-origin isolated page. */
  readonly threads: boolean;
  /** 64-bit addresses: heaps beyond 4 GiB. */
  readonly memory64: boolean;
  /** try/catch inside WebAssembly. */
  readonly exceptions: boolean;
  /** JavaScript Promise Integration: WebAssembly can wait for the GPU. */
  readonly jspi: boolean;
}

/** `\0asm`, version 1. */
const HEADER = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];

/** A module with one function without parameters. @param result value types; @param body instructions, without `end`. */
function functionModule(result: readonly number[], body: readonly number[]): Uint8Array<ArrayBuffer> {
  const code = [0, ...body, 0x0b];
  return Uint8Array.from([
    ...HEADER,
    ...section(1, [1, 0x60, 0, result.length, ...result]),
    ...section(3, [1, 0]),
    ...section(10, [1, code.length, ...code]),
  ]);
}

/** A module with one memory. @param limits flags, minimum and, if the flags say so, maximum in pages. */
function memoryModule(limits: readonly number[]): Uint8Array<ArrayBuffer> {
  return Uint8Array.from([...HEADER, ...section(5, [1, ...limits])]);
}

function section(id: number, content: readonly number[]): number[] {
  return [id, content.length, ...content];
}

const V128 = 0x7b;
const MODULES = {
  // i32.const 0, i8x16.splat
  simd: functionModule([V128], [0x41, 0, 0xfd, 0x0f]),
  // Flags 1 (has a maximum) + 2 (shared).
  threads: memoryModule([3, 1, 1]),
  // Flag 4: addresses are i64.
  memory64: memoryModule([4, 1]),
  // try, catch_all, end
  exceptions: functionModule([], [0x06, 0x40, 0x19, 0x0b]),
} as const;

export function wasmFeatures(webAssembly: Pick<typeof WebAssembly, 'validate'> | undefined): WasmFeatures {
  const has = (module: Uint8Array<ArrayBuffer>): boolean => webAssembly?.validate(module) ?? false;
  return {
    simd: has(MODULES.simd),
    threads: has(MODULES.threads),
    memory64: has(MODULES.memory64),
    exceptions: has(MODULES.exceptions),
    // Its door is in JavaScript; there is nothing in a module to validate.
    jspi: webAssembly !== undefined && 'Suspending' in webAssembly,
  };
}
