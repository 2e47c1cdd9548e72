import type { Backend, ModelToLoad } from '../port.ts';

/** A single model file: fetched from a URL or already on this machine. */
export type ModelFile =
  | {
      readonly from: 'url';
      /** Absolute or relative to the page. */
      readonly url: string;
      /** Expected length in bytes, for progress and to notice a short answer. */
      readonly bytes: number;
      /** Lower-case hex; the bytes are refused when they differ. */
      readonly sha256?: string;
    }
  | { readonly from: 'blob'; readonly blob: Blob; readonly name: string };

export type CacheType = 'f16' | 'f32';

export interface LlamaCppModel extends ModelToLoad {
  readonly engine: 'llamacpp';
  readonly quantization: string;
  /** One GGUF, or the parts of a split one in any order. */
  readonly files: readonly ModelFile[];
  /** Tokens. */
  readonly contextLength: number;
  /** `auto`: the GPU when the adapter can, else the CPU. */
  readonly backend: 'auto' | Backend;
  /** How keys and values of the window are kept and multiplied: f16 unless said. f32 takes twice the memory and rounds nothing. */
  readonly cacheType?: CacheType;
}

export function isLlamaCppModel(model: ModelToLoad): model is LlamaCppModel {
  return model.engine === 'llamacpp';
}
