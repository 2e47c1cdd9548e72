/** What the page asks of an engine's worker. Engines differ in what loading takes and finds out. */
import type { GenerateRequest, GenerationDone, LoadReport, OptionScore, TokenEvent } from './port.ts';

/** null: a sign of life while a prompt is read. */
export type TokenReport = Omit<TokenEvent, 'type'> | null;

export interface EngineCalls<Order, Facts> {
  readonly load: { readonly argument: Order; readonly report: LoadReport; readonly result: Facts };
  readonly generate: {
    readonly argument: GenerateRequest;
    readonly report: TokenReport;
    readonly result: GenerationDone;
  };
  readonly score: {
    readonly argument: { readonly prompt: string; readonly options: readonly string[] };
    readonly report: never;
    readonly result: readonly OptionScore[];
  };
  readonly count: { readonly argument: string; readonly report: never; readonly result: number };
  /** Frees the GPU in order; the worker is ended next. */
  readonly unload: { readonly argument: null; readonly report: never; readonly result: null };
}
