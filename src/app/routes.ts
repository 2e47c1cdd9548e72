/** Where the app's screens are, all behind `#` so that any static host and any sub-path serves them. */

export type Place =
  | { readonly screen: 'chat'; readonly conversationId: string | null }
  | { readonly screen: 'models' }
  /** `section`: the part of it that was asked for. */
  | { readonly screen: 'settings'; readonly section: string | null }
  | { readonly screen: 'about' }
  /** The transcript itself left the address (transcripts/share/arrived-link.ts). */
  | { readonly screen: 'shared' }
  | { readonly screen: 'missing'; readonly path: string };

/** @param path what follows `#`, e.g. `/c/abc`. */
export function placeOf(path: string): Place {
  const [first = '', ...rest] = path.replace(/^\/+/, '').split('/');
  const tail = rest.join('/');
  if (first === '' && tail === '') return { screen: 'chat', conversationId: null };
  // Ids are made of letters and digits (records.ts: 64 characters at most); anything else is a mistyped link.
  if (first === 'c' && /^[\w-]{1,64}$/.test(tail)) return { screen: 'chat', conversationId: tail };
  if ((first === 'models' || first === 'about' || first === 'shared') && tail === '')
    return { screen: first };
  if (first === 'settings' && /^[a-z]*$/.test(tail)) return { screen: 'settings', section: tail || null };
  return { screen: 'missing', path };
}

export const SCREEN_TITLES: Record<Place['screen'], string> = {
  chat: 'Chat',
  models: 'Models',
  settings: 'Settings',
  about: 'About',
  shared: 'Shared transcript',
  missing: 'Not found',
};
