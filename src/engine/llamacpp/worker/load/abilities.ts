/** What wllama needs of a browser, checked before it is asked: it hangs or fails obscurely where something is missing. */
import { exceptions, simd } from 'wasm-feature-detect';
import { AppError } from '../../../../errors/app-error.ts';

/** An empty worker answers within milliseconds; a busy machine gets time. */
const PROBE_MS = 20_000;

/**
 * @throws AppError `engine/no-wasm` naming what is missing, `engine/worker-blocked` when a worker cannot be made from a Blob
 *   (wllama's own worker is; a policy or an extension that forbids it makes wllama wait for ever).
 */
export async function requireAbilities(): Promise<void> {
  const needed = {
    WebAssembly: () => typeof WebAssembly === 'object',
    SIMD: simd,
    exceptions,
    memory64: memory64Memory,
  };
  const missing: string[] = [];
  for (const [name, test] of Object.entries(needed)) if (!(await has(test))) missing.push(name);
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

async function has(test: () => boolean | Promise<boolean>): Promise<boolean> {
  try {
    return await test();
  } catch {
    return false; // a refusal is the answer
  }
}

/** A memory, not only a module: browsers had the one before the other as it is now. */
function memory64Memory(): boolean {
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
