/** Where the app's screens are, all behind `#` so that any static host and any sub-path serves them. */

export type Place =
  | { readonly screen: 'chat'; readonly conversationId: string | null }
  /** `setId` null: all sets. */
  | { readonly screen: 'exams'; readonly setId: string | null; readonly practice: boolean }
  | { readonly screen: 'runs'; readonly runId: string }
  | { readonly screen: 'models' }
  /** `section`: the part of it that was asked for. */
  | { readonly screen: 'settings'; readonly section: string | null }
  | { readonly screen: 'about' }
  | { readonly screen: 'shared'; readonly data: string }
  | { readonly screen: 'missing'; readonly path: string };

/** @param path what follows `#`, e.g. `/c/abc`. */
export function placeOf(path: string): Place {
  const [first = '', ...rest] = path.replace(/^\/+/, '').split('/');
  const tail = rest.join('/');
  if (first === '' && tail === '') return { screen: 'chat', conversationId: null };
  // Ids are made of letters and digits (records.ts: 64 characters at most); anything else is a mistyped link.
  if (first === 'c' && /^[\w-]{1,64}$/.test(tail)) return { screen: 'chat', conversationId: tail };
  if (first === 'exams' && tail === '') return { screen: 'exams', setId: null, practice: false };
  const set = /^([\w-]{1,64})(\/practice)?$/.exec(tail);
  if (first === 'exams' && set?.[1] !== undefined)
    return { screen: 'exams', setId: set[1], practice: set[2] !== undefined };
  if (first === 'runs' && /^[\w-]{1,64}$/.test(tail)) return { screen: 'runs', runId: tail };
  if ((first === 'models' || first === 'about') && tail === '') return { screen: first };
  if (first === 'settings' && /^[a-z]*$/.test(tail)) return { screen: 'settings', section: tail || null };
  if (first === 'shared' && tail !== '') return { screen: 'shared', data: tail };
  return { screen: 'missing', path };
}

export const SCREEN_TITLES: Record<Place['screen'], string> = {
  chat: 'Chat',
  exams: 'Exams',
  runs: 'Run',
  models: 'Models',
  settings: 'Settings',
  about: 'About',
  shared: 'Shared transcript',
  missing: 'Not found',
};
