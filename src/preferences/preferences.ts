/**
 * The few choices that must be known before the first paint or before any database is open, hence in localStorage; other
 * tabs follow at once. Where storage is forbidden they last as long as the tab.
 */
import { create } from 'zustand';

export type Theme = 'system' | 'light' | 'dark';
export type TextSize = 'small' | 'normal' | 'large' | 'larger';

export interface SamplingDefaults {
  readonly temperature: number;
  readonly topP: number;
  readonly topK: number;
  readonly repetitionPenalty: number;
  readonly seed: number | null;
  readonly maxTokens: number;
}

export interface Preferences {
  readonly theme: Theme;
  readonly textSize: TextSize;
  /** Single keys as shortcuts (`?`, `/`); people who dictate or mistype can turn them off (WCAG 2.1.4). */
  readonly singleKeys: boolean;
  /** Catalogue id of the model used last; null: never one. */
  readonly lastModelId: string | null;
  /** Id of a prompt format for every chat that says nothing else; null follows the model. */
  readonly promptFormat: string | null;
  /** null follows the model. */
  readonly sampling: SamplingDefaults | null;
}

export const DEFAULT_PREFERENCES: Preferences = {
  theme: 'system',
  textSize: 'normal',
  singleKeys: true,
  lastModelId: null,
  promptFormat: null,
  sampling: null,
};

const KEY = 'meditron-preferences';

export const usePreferences = create<Preferences>(() => readPreferences(stored()));

export function setPreferences(changes: Partial<Preferences>): void {
  usePreferences.setState(changes);
  try {
    localStorage.setItem(KEY, JSON.stringify(usePreferences.getState()));
  } catch {
    // Forbidden or full: the choice holds for this tab, which is all that can be done.
  }
}

/**
 * Preferences out of whatever text was stored: every value that is not a possible one gives way to its default.
 * Checked by hand because this runs before the first paint, where a schema library has no place.
 */
export function readPreferences(text: string | null): Preferences {
  const raw = parseObject(text);
  const sampling = raw.sampling === null ? null : readSampling(raw.sampling);
  return {
    theme: oneOf(raw.theme, ['system', 'light', 'dark']) ?? DEFAULT_PREFERENCES.theme,
    textSize: oneOf(raw.textSize, ['small', 'normal', 'large', 'larger']) ?? DEFAULT_PREFERENCES.textSize,
    singleKeys: typeof raw.singleKeys === 'boolean' ? raw.singleKeys : DEFAULT_PREFERENCES.singleKeys,
    lastModelId: shortText(raw.lastModelId),
    promptFormat: shortText(raw.promptFormat),
    sampling,
  };
}

function readSampling(raw: unknown): SamplingDefaults | null {
  if (typeof raw !== 'object' || raw === null) return null;
  const { temperature, topP, topK, repetitionPenalty, seed, maxTokens } = raw as Record<string, unknown>;
  const values = [
    within(temperature, 0, 5),
    within(topP, 0, 1),
    within(topK, 0, 1000),
    within(repetitionPenalty, 0, 5),
    within(maxTokens, 1, 1_000_000),
  ];
  if (!values.every(Boolean) || !(seed === null || Number.isInteger(seed))) return null;
  return { temperature, topP, topK, repetitionPenalty, seed, maxTokens } as SamplingDefaults;
}

function within(value: unknown, least: number, most: number): boolean {
  return typeof value === 'number' && value >= least && value <= most;
}

function oneOf<T extends string>(value: unknown, choices: readonly T[]): T | null {
  return choices.find((choice) => choice === value) ?? null;
}

function shortText(value: unknown): string | null {
  return typeof value === 'string' && value.length <= 200 ? value : null;
}

function parseObject(text: string | null): Record<string, unknown> {
  if (text === null) return {};
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    // Not JSON: written by something else, or cut off. The defaults serve.
    return {};
  }
}

function stored(): string | null {
  try {
    return localStorage.getItem(KEY);
  } catch {
    // Forbidden, or no such thing here (a test in node).
    return null;
  }
}

if (typeof window !== 'undefined') {
  window.addEventListener('storage', (event) => {
    if (event.key === KEY) usePreferences.setState(readPreferences(event.newValue));
  });
}
