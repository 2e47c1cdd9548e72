import { useEffect, useState } from 'react';
import { usePolicy } from '../../preferences/site-policy.ts';
import { Button } from '../../ui/button.tsx';
import { sharedOrigin, type SharedOrigin } from './shared-origin.ts';

/** That a person has read it, for this kind: said once, and again where there is more to say. */
const KEY = 'meditron-shared-origin';

/** Said above the screen where other pages can read this app's storage, or may. */
export function SharedOriginNotice() {
  const own = usePolicy((policy) => policy.ownOrigin);
  const [shared, setShared] = useState<SharedOrigin | null>(null);
  useEffect(() => {
    if (own) return;
    void sharedOrigin({
      url: location.href,
      // Rejects where there is no IndexedDB, or none that lists its databases.
      databases: async () => await indexedDB.databases(),
      workerScopes: async () => (await navigator.serviceWorker.getRegistrations()).map(({ scope }) => scope),
    }).then((found) => {
      if (found && read() !== found.kind) setShared(found);
    });
  }, [own]);
  if (!shared) return null;
  const { title, why } = wordsOf(shared, location.host);
  return (
    <div
      role="alert"
      aria-label="Shared address"
      className="m-3 mb-0 border-l-3 border-warn bg-warn-soft px-4 py-3 text-sm"
    >
      <p className="font-semibold">{title}</p>
      <p className="mt-0.5">
        {why} Browsers keep sites apart by host, not by folder, and neither encryption nor a private session
        holds against such a page.
      </p>
      <p className="mt-0.5">
        Type here only what it may read, or ask whoever hosts the app for an address of its own.
      </p>
      <div className="mt-2">
        <Button
          size="small"
          look="quiet"
          onClick={() => {
            keep(shared.kind);
            setShared(null);
          }}
        >
          Dismiss
        </Button>
      </div>
    </div>
  );
}

export function wordsOf(
  shared: SharedOrigin,
  host: string,
): { readonly title: string; readonly why: string } {
  switch (shared.kind) {
    case 'neighbour':
      return {
        title: 'Another app shares this address, and can read what you write here',
        why: `On ${host} there is ${shared.what} that is not this app’s.`,
      };
    case 'folders':
      return {
        title: 'Other pages share this address, and can read what you write here',
        why: `On ${host} ${shared.owner} can have pages beside this one.`,
      };
    case 'folder':
      return {
        title: 'Other pages at this address could read what you write here',
        why: `The app lies in a folder of ${host}: any other page there can read its chats.`,
      };
  }
}

function read(): string | null {
  try {
    return localStorage.getItem(KEY);
  } catch {
    // Storage is forbidden: said each time.
    return null;
  }
}

function keep(kind: SharedOrigin['kind']): void {
  try {
    localStorage.setItem(KEY, kind);
  } catch {
    // As above.
  }
}
