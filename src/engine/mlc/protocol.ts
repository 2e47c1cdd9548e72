/**
 * What the page and the MLC worker say to each other. Requests carry a number that their answer repeats; the request's type
 * decides what the answer holds. Errors cross as `WireError` and arrive as `AppError` with code and details.
 */
import type { WireError } from '../../errors/app-error.ts';
import type {
  GenerateRequest,
  GenerationDone,
  LoadedModel,
  LoadProgress,
  MlcModel,
  OptionScore,
} from '../port.ts';
import type { GeneratedToken } from './worker/generation/token-engine.ts';

export interface LoadRequest {
  readonly model: MlcModel;
  /** Tokens; smaller than `model.contextLength` at the second try after memory ran out. */
  readonly contextLength: number;
  /** False at the second try after a library failed the trial of taking tokens off the KV cache. */
  readonly rollBack: boolean;
}

/** Request type → what it carries, what is reported on the way, and what it ends with. */
export interface RequestMap {
  load: { readonly carries: LoadRequest; readonly reports: LoadProgress; readonly result: LoadedModel };
  generate: {
    readonly carries: GenerateRequest;
    readonly reports: GeneratedToken;
    readonly result: GenerationDone;
  };
  score: {
    readonly carries: { readonly prompt: string; readonly options: readonly string[] };
    readonly reports: never;
    readonly result: readonly OptionScore[];
  };
  count: { readonly carries: { readonly text: string }; readonly reports: never; readonly result: number };
  unload: { readonly carries: null; readonly reports: never; readonly result: null };
}

export type RequestType = keyof RequestMap;

export type ToWorker =
  | {
      [T in RequestType]: {
        readonly type: T;
        readonly id: number;
        readonly carries: RequestMap[T]['carries'];
      };
    }[RequestType]
  | { readonly type: 'cancel'; readonly id: number };

export type FromWorker =
  /** The worker's script runs. */
  | { readonly type: 'started' }
  | { readonly type: 'report'; readonly id: number; readonly report: LoadProgress | GeneratedToken }
  | { readonly type: 'result'; readonly id: number; readonly result: RequestMap[RequestType]['result'] }
  | { readonly type: 'error'; readonly id: number; readonly error: WireError }
  /** The GPU went away while nothing was asked of it. */
  | { readonly type: 'lost'; readonly error: WireError };
