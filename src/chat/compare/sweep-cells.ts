/** What a question is asked with again: one setting or a grid of them. Pure. */
import { isWithin } from '../../lib/sampling.ts';
import type { VersionHow } from '../session/session-types.ts';

/** A named way of asking, e.g. a preset. */
export interface NamedSetting {
  readonly id: string;
  readonly name: string;
  /** null: as the chat says. */
  readonly choices: NonNullable<VersionHow['choices']> | null;
}

/** One version to be written. */
export interface SweepCell {
  readonly setting: NamedSetting;
  /** null: as the setting says. */
  readonly temperature: number | null;
  readonly seed: number | null;
  /** null: the one that is loaded. */
  readonly modelId: string | null;
}

/** A night on a slow machine; the table stays readable. */
export const MAX_SWEEP_CELLS = 200;

/** @returns the numbers of a list such as `0, 0.7`, each once; null where one is none or out of bounds. Empty: no number. */
export function readNumbers(text: string, key: 'temperature' | 'seed'): readonly number[] | null {
  const parts = text.split(/[\s,;]+/).filter((part) => part !== '');
  const numbers = parts.map(Number);
  return numbers.every((number) => isWithin(key, number)) ? [...new Set(numbers)] : null;
}

/** Every combination, settings outermost and seeds innermost; an empty list stands for what the setting says. */
export function sweep(
  settings: readonly NamedSetting[],
  temperatures: readonly number[],
  seeds: readonly number[],
): readonly SweepCell[] {
  const orSetting = (numbers: readonly number[]): readonly (number | null)[] =>
    numbers.length === 0 ? [null] : numbers;
  return settings.flatMap((setting) =>
    orSetting(temperatures).flatMap((temperature) =>
      orSetting(seeds).map((seed) => ({ setting, temperature, seed, modelId: null })),
    ),
  );
}

export function howOf({ setting, temperature, seed }: SweepCell): VersionHow {
  return {
    place: 'aside',
    variation: { ...(temperature !== null && { temperature }), ...(seed !== null && { seed }) },
    ...(setting.choices && { choices: setting.choices, presetName: setting.name }),
  };
}
