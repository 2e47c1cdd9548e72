/**
 * The few choices that must be known before the first paint or before any database is open, hence in localStorage; other
 * tabs follow at once. Where storage is forbidden they last as long as the tab.
 */
import { create } from 'zustand';
import { readSampling, type Sampling } from '../lib/sampling.ts';

export type Theme = 'system' | 'light' | 'dark';
export type TextSize = 'small' | 'normal' | 'large' | 'larger';

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
  readonly sampling: Sampling | null;
  /** Raw completion is shown as one text to go on with; else as messages. */
  readonly rawAsText: boolean;
  /** The screen locks after as many minutes without use, where there is a passphrase; null: never by itself. */
  readonly lockMinutes: number | null;
}

export const DEFAULT_PREFERENCES: Preferences = {
  theme: 'system',
  textSize: 'normal',
  singleKeys: true,
  lastModelId: null,
  promptFormat: null,
  sampling: null,
  rawAsText: true,
  lockMinutes: null,
};

const KEY = 'meditron-preferences';
/** Names of what a person chose here: a site's defaults stand in for the rest. */
const CHOSEN_KEY = 'meditron-preferences-chosen';

export const usePreferences = create<Preferences>(() => readPreferences(stored()));

type SiteDefaults = { readonly [Name in keyof Preferences]?: Preferences[Name] | undefined };

/** Of a site, for whatever nobody chose here. */
let siteDefaults: SiteDefaults = {};

export function setPreferences(changes: Partial<Preferences>): void {
  const names = new Set([...chosen(), ...Object.keys(changes)]);
  usePreferences.setState(changes);
  // What only the site wants is not kept: tomorrow it may want something else.
  const kept = Object.entries(usePreferences.getState()).filter(
    ([name]) => names.has(name) || !(name in siteDefaults),
  );
  try {
    localStorage.setItem(KEY, JSON.stringify(Object.fromEntries(kept)));
    localStorage.setItem(CHOSEN_KEY, [...names].join());
  } catch {
    // Forbidden or full: the choice holds for this tab, which is all that can be done.
  }
}

/** Takes a site's own defaults for whatever nobody chose here. */
export function applySiteDefaults(defaults: SiteDefaults): void {
  const names = chosen();
  siteDefaults = defaults;
  const open = Object.entries(defaults).filter(
    ([name, value]) => value !== undefined && !names.includes(name),
  );
  if (open.length > 0) usePreferences.setState(Object.fromEntries(open));
}

/** Names of what a person chose. Versions that did not note them kept everything: what differs from the app's default was chosen. */
function chosen(): readonly string[] {
  const noted = stored(CHOSEN_KEY);
  if (noted !== null) return noted.split(',');
  const kept = readPreferences(stored());
  return Object.entries(kept).flatMap(([name, value]) =>
    value === DEFAULT_PREFERENCES[name as keyof Preferences] ? [] : [name],
  );
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
    rawAsText: typeof raw.rawAsText === 'boolean' ? raw.rawAsText : DEFAULT_PREFERENCES.rawAsText,
    lockMinutes: minutes(raw.lockMinutes),
  };
}

/** A day at most: the notice is asked again long before. */
function minutes(value: unknown): number | null {
  return Number.isInteger(value) && Number(value) >= 1 && Number(value) <= 1440 ? Number(value) : null;
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

function stored(key = KEY): string | null {
  try {
    return localStorage.getItem(key);
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
