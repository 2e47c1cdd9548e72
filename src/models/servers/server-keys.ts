/**
 * Keys of servers. One lives in this tab (sessionStorage), unless a person asks to keep it; then it lies in localStorage,
 * unencrypted like the chats. No export, no backup and no error report reads either place.
 */
export interface KeyPlaces {
  readonly tab: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;
  readonly kept: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;
}

/** Where a browser forbids storage, keys last as long as the page. */
const onPage = new Map<string, string>();

/** Where a browser throws at the mere mention of storage. */
const FORBIDDEN: KeyPlaces['tab'] = {
  getItem: () => null,
  setItem: () => {
    throw new DOMException('storage is forbidden here', 'SecurityError');
  },
  removeItem: () => undefined,
};

function places(): KeyPlaces {
  return {
    tab: attempt(() => sessionStorage) ?? FORBIDDEN,
    kept: attempt(() => localStorage) ?? FORBIDDEN,
  };
}

const nameOf = (serverId: string): string => `meditron-server-key-${serverId}`;

export function keyOf(serverId: string, { tab, kept }: KeyPlaces = places()): string | null {
  const name = nameOf(serverId);
  return onPage.get(name) ?? attempt(() => tab.getItem(name) ?? kept.getItem(name)) ?? null;
}

export function isKept(serverId: string, { kept }: KeyPlaces = places()): boolean {
  return attempt(() => kept.getItem(nameOf(serverId))) !== null;
}

/** @param key '': none. */
export function setKey(serverId: string, key: string, keep: boolean, at: KeyPlaces = places()): void {
  forgetKey(serverId, at);
  if (key === '') return;
  const name = nameOf(serverId);
  const stored = attempt(() => {
    (keep ? at.kept : at.tab).setItem(name, key);
    return true;
  });
  if (stored !== true) onPage.set(name, key);
}

export function forgetKey(serverId: string, { tab, kept }: KeyPlaces = places()): void {
  const name = nameOf(serverId);
  onPage.delete(name);
  attempt(() => {
    tab.removeItem(name);
    kept.removeItem(name);
    return true;
  });
}

function attempt<T>(work: () => T): T | null {
  try {
    return work();
  } catch {
    return null; // storage is forbidden here
  }
}
