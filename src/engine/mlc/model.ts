import type { ModelToLoad } from '../port.ts';
import type { MlcQuantization } from '../../formats/mlc-package/quantization.ts';

export interface MlcModel extends ModelToLoad {
  readonly engine: 'mlc';
  readonly quantization: MlcQuantization;
  /** Absolute URL under which the package's files are cached or served; contains `/resolve/…/` so that web-llm appends nothing. */
  readonly baseUrl: string;
  /** Absolute URL of the compiled model library (.wasm). */
  readonly libraryUrl: string;
  /** Lower-case hex; a library that differs is refused. */
  readonly librarySha256?: string;
  /** Tokens. */
  readonly contextLength: number;
}

export function isMlcModel(model: ModelToLoad): model is MlcModel {
  return model.engine === 'mlc';
}
