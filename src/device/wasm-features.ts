/** Which parts of WebAssembly the browser knows. */
import { exceptions, jspi, memory64, simd, threads } from 'wasm-feature-detect';

export interface WasmFeatures {
  /** 128-bit vector instructions. */
  readonly simd: boolean;
  /** Shared memory and atomics; only on a cross-origin isolated page. */
  readonly threads: boolean;
  /** 64-bit addresses: heaps beyond 4 GiB. */
  readonly memory64: boolean;
  /** try/catch inside WebAssembly. */
  readonly exceptions: boolean;
  /** JavaScript Promise Integration: WebAssembly can wait for the GPU. */
  readonly jspi: boolean;
}

/** Never throws: a browser without WebAssembly has none of them. */
export async function wasmFeatures(): Promise<WasmFeatures> {
  const found = await Promise.all([simd, threads, memory64, exceptions, jspi].map(has));
  const [hasSimd = false, hasThreads = false, hasMemory64 = false, hasExceptions = false, hasJspi = false] =
    found;
  return {
    simd: hasSimd,
    threads: hasThreads,
    memory64: hasMemory64,
    exceptions: hasExceptions,
    jspi: hasJspi,
  };
}

async function has(feature: () => Promise<boolean>): Promise<boolean> {
  try {
    return await feature();
  } catch {
    return false; // Without WebAssembly the question itself fails.
  }
}
