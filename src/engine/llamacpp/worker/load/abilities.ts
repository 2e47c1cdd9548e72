/** What wllama needs of a browser, checked before it is asked: it hangs or fails obscurely where something is missing. */
import { AppError } from '../../../../errors/app-error.ts';

/** An empty worker answers within milliseconds; a busy machine gets time. */
const PROBE_MS = 20_000;

/** Small modules that only compile where a feature exists: `(func (try (do) (catch_all)))` and `i8x16.popcnt`. */
const EXCEPTIONS = Uint8Array.of(
  0,
  97,
  115,
  109,
  1,
  0,
  0,
  0,
  1,
  4,
  1,
  96,
  0,
  0,
  3,
  2,
  1,
  0,
  10,
  8,
  1,
  6,
  0,
  6,
  64,
  25,
  11,
  11,
);
const SIMD = Uint8Array.of(
  0,
  97,
  115,
  109,
  1,
  0,
  0,
  0,
  1,
  5,
  1,
  96,
  0,
  1,
  123,
  3,
  2,
  1,
  0,
  10,
  10,
  1,
  8,
  0,
  65,
  0,
  253,
  15,
  253,
  98,
  11,
);

/**
 * @throws AppError `engine/no-wasm` naming what is missing, `engine/worker-blocked` when a worker cannot be made from a Blob
 *   (wllama's own worker is; a policy or an extension that forbids it makes wllama wait for ever).
 */
export async function requireAbilities(): Promise<void> {
  const missing = [
    ...(typeof WebAssembly === 'object' ? [] : ['WebAssembly']),
    ...(has(() => WebAssembly.validate(SIMD)) ? [] : ['SIMD']),
    ...(has(() => WebAssembly.validate(EXCEPTIONS)) ? [] : ['exceptions']),
    ...(has(memory64) ? [] : ['memory64']),
  ];
  if (missing.length > 0) {
    throw new AppError('engine/no-wasm', `WebAssembly lacks ${missing.join(', ')}`, {
      missing: missing.join(','),
    });
  }
  await probeBlobWorker();
}

export function hasPromiseIntegration(): boolean {
  return 'Suspending' in WebAssembly;
}

function has(test: () => boolean): boolean {
  try {
    return test();
  } catch {
    return false; // a refusal is the answer
  }
}

function memory64(): boolean {
  // `address` is newer than the compiler's declarations.
  const descriptor: object = { address: 'i64', initial: 1n };
  return new WebAssembly.Memory(descriptor as WebAssembly.MemoryDescriptor) instanceof WebAssembly.Memory;
}

async function probeBlobWorker(): Promise<void> {
  const url = URL.createObjectURL(new Blob(['postMessage(0)'], { type: 'text/javascript' }));
  let worker: Worker | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  try {
    await new Promise<void>((resolve, reject) => {
      const blocked = (why: string): void =>
        reject(
          new AppError('engine/worker-blocked', `the engine's inner worker was blocked: ${why}`, { why }),
        );
      timer = setTimeout(() => blocked('no answer'), PROBE_MS);
      try {
        worker = new Worker(url, { type: 'module' });
      } catch (thrown) {
        blocked(thrown instanceof Error ? thrown.message : String(thrown));
        return;
      }
      worker.onmessage = () => resolve();
      worker.onerror = ({ message }) => blocked(message || 'refused');
    });
  } finally {
    clearTimeout(timer);
    (worker as Worker | null)?.terminate();
    URL.revokeObjectURL(url);
  }
}
