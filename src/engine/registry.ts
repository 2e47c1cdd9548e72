/** Every engine of this build. A new one is a folder and a line here. */
import type { EngineEntry } from './engine-entry.ts';
import { llamaCpp } from './llamacpp/entry.ts';
import { mlc } from './mlc/entry.ts';
import { remote } from './remote/entry.ts';

export const ENGINES = { llamacpp: llamaCpp, mlc, remote } as const satisfies Readonly<
  Record<string, EngineEntry>
>;

export type EngineKind = keyof typeof ENGINES;

/** @returns undefined for an engine this build does not have, as in a transcript of a later one. */
export function engineEntry(kind: string): EngineEntry | undefined {
  return Object.hasOwn(ENGINES, kind) ? ENGINES[kind as EngineKind] : undefined;
}

/** What its authors call an engine; one that this build does not have, by its kind. */
export function engineName(kind: string): string {
  return engineEntry(kind)?.name ?? kind;
}
