/** What loading takes and finds out in the MLC worker. */
import type { EngineCalls } from '../engine-calls.ts';
import type { LoadedModel } from '../port.ts';
import type { MlcModel } from './model.ts';

export interface LoadOrder {
  readonly model: MlcModel;
  /** Tokens; smaller than `model.contextLength` at the second try after memory ran out. */
  readonly contextLength: number;
  /** False at the second try after a library failed the trial of taking tokens off the KV cache. */
  readonly rollBack: boolean;
}

export type MlcCalls = EngineCalls<LoadOrder, LoadedModel>;
