/** What the app must know of an engine before its code is fetched: an entry of `registry.ts`. */
import type { Engine, EngineAbilities, ModelToLoad } from './port.ts';

/** What decides where an engine can run, as plain facts; `DeviceProbe` has them all. */
export interface DeviceFacts {
  readonly gpu:
    | {
        readonly status: 'available';
        readonly features: readonly string[];
        readonly limits: Readonly<
          Record<
            | 'maxBufferSize'
            | 'maxStorageBufferBindingSize'
            | 'maxComputeWorkgroupStorageSize'
            | 'maxStorageBuffersPerShaderStage',
            number
          >
        >;
      }
    | { readonly status: 'missing' | 'failed' };
  readonly wasm: Readonly<Record<'simd' | 'exceptions' | 'memory64' | 'jspi', boolean>>;
}

/** Why an engine can't run in some way here. The device room finds the words. */
export type Lack =
  | { readonly of: 'gpu' }
  /** Names of WebAssembly features. */
  | { readonly of: 'wasm'; readonly features: readonly string[] }
  /** 16-bit floats on the GPU, or WebAssembly that can wait for a promise (JavaScript Promise Integration). */
  | { readonly of: 'shader-f16' | 'jspi' }
  /** Features and limits that the graphics adapter falls short of, one line each. */
  | { readonly of: 'adapter'; readonly unmet: readonly string[] };

/** One way to run weights of a form here. */
export interface RunWay {
  readonly on: 'gpu' | 'cpu' | 'server';
  /** Form of the weights: `gguf`, `q4f16_1`, … */
  readonly form: string;
  /** Why it does not work on this device; null: it does. */
  readonly lack: Lack | null;
}

export interface EngineEntry {
  /** Stands in transcripts, in the catalogue and in `ModelToLoad.engine`: never changes. */
  readonly kind: string;
  /** What its authors call it. */
  readonly name: string;
  /** At best; `LoadedModel.abilities` says what a loaded model really offers. */
  readonly abilities: EngineAbilities;
  /** Fetches the engine's code and makes an engine. */
  readonly load: () => Promise<Engine>;
  /** The ways in which it could run on a device, best first, with what is lacking. */
  readonly fits: (device: DeviceFacts) => readonly RunWay[];
  /** Bytes of weights that loading takes of this machine, as far as they are known before; 0 on another machine. */
  readonly weightBytes: (model: ModelToLoad) => Promise<number>;
}
