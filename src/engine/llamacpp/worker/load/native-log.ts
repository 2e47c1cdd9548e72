/**
 * llama.cpp says the important things only in its log: how many layers went to the GPU, why a file was refused, that the
 * device is gone. wllama forwards the log line by line; this keeps what matters of it.
 */
import { AppError } from '../../../../errors/app-error.ts';
import type { Backend } from '../../../port.ts';

/** Error lines kept for a report; the first ones name the cause, later ones are its consequences. */
const MAX_ERROR_LINES = 12;

const OFFLOADED = /offloaded (\d+)\/(\d+) layers to GPU/;
const GPU_TIMEOUT = 'Queue wait timed out';
const NO_MEMORY =
  /failed to allocate|unable to allocate|out of memory|bad_alloc|allocation failed|cannot allocate|could not allocate|enlarge memory/i;

export interface OffloadReport {
  readonly gpuLayers: number;
  readonly totalLayers: number;
}

export class NativeLog {
  readonly #errors: string[] = [];
  #lastError = '';
  #gpuTimedOut = false;
  #offload: OffloadReport | null = null;
  /** Called once, when the GPU device is reported lost. */
  onDeviceLost: ((line: string) => void) | null = null;

  /** Takes one line as wllama's logger hands it over. */
  add(level: 'debug' | 'log' | 'warn' | 'error', line: string): void {
    const offloaded = OFFLOADED.exec(line);
    if (offloaded) this.#offload = { gpuLayers: Number(offloaded[1]), totalLayers: Number(offloaded[2]) };
    if (line.includes('ggml_webgpu: Device lost!')) this.onDeviceLost?.(line);
    if (line.includes(GPU_TIMEOUT)) this.#gpuTimedOut = true;
    // Stack traces of the wasm follow the line that says what happened.
    if (level === 'error' && !/^(RangeError|RuntimeError|Stack trace)/.test(line)) this.#lastError = line;
    if ((level === 'error' || NO_MEMORY.test(line)) && this.#errors.length < MAX_ERROR_LINES) {
      this.#errors.push(line.slice(0, 300));
    }
  }

  /** Null when llama.cpp said nothing of the kind: no GPU backend registered. */
  get offload(): OffloadReport | null {
    return this.#offload;
  }

  /** llama.cpp waited half a minute for the GPU and aborted: it is hung, or still compiling shaders. */
  get gpuTimedOut(): boolean {
    return this.#gpuTimedOut;
  }

  /** The latest error line; empty when there was none. */
  get lastError(): string {
    return this.#lastError;
  }

  get errorLines(): readonly string[] {
    return this.#errors;
  }

  /** Forgets the past, before another try. */
  clear(): void {
    this.#errors.length = 0;
    this.#lastError = '';
    this.#gpuTimedOut = false;
    this.#offload = null;
  }

  /**
   * Why a load failed, from what was thrown (if anything was: a failed load "succeeds") and from the log.
   * `engine/out-of-memory`, `engine/no-wasm`, on the GPU `engine/device-lost` and `engine/worker-crashed`, else
   * `engine/bad-model-file`: llama.cpp also aborts at some damaged files.
   */
  loadError(thrown: unknown, backend: Backend): AppError {
    if (thrown instanceof AppError) return thrown;
    const message = thrown === undefined ? '' : messageOf(thrown);
    const said = [message, ...this.#errors].filter((text) => text !== '');
    const options = thrown === undefined ? {} : { cause: thrown };
    if (this.#gpuTimedOut) {
      return new AppError('engine/device-lost', GPU_TIMEOUT, { reason: 'gpu-timeout' }, options);
    }
    const details = { log: said.join('\n').slice(0, 2000) };
    if (said.some((text) => NO_MEMORY.test(text))) {
      return new AppError('engine/out-of-memory', said[0] ?? 'out of memory', details, options);
    }
    const aborted = thrown instanceof Error && thrown.name === 'RuntimeError';
    if (aborted && backend === 'webgpu') {
      return new AppError('engine/worker-crashed', message, details, options);
    }
    if (/WebAssembly|CompileError|LinkError|memory64|wasm/i.test(message) && !aborted) {
      return new AppError('engine/no-wasm', message, details, options);
    }
    return new AppError('engine/bad-model-file', said[0] ?? 'llama.cpp refused the file', details, options);
  }
}

export function messageOf(thrown: unknown): string {
  if (thrown instanceof Error) return thrown.message;
  return typeof thrown === 'string' ? thrown : JSON.stringify(thrown);
}
