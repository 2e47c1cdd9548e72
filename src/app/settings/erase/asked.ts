/**
 * Erasing runs in a page in which nothing else of the app does: no open database, no worker, no writer. The page is loaded anew
 * with a word in its tab's storage, which is the first thing to go.
 */
const KEY = 'meditron-erase';
const CHANNEL = 'meditron-erase';

let channel: BroadcastChannel | null = null;

export type Erasing =
  /** This page erases. */
  | 'all'
  | 'all-but-models'
  /** Another tab does; this one keeps out of its way. */
  | 'elsewhere';

/** What this page was loaded for; null: the app. */
export function erasingAsked(): Erasing | null {
  try {
    const word = sessionStorage.getItem(KEY);
    return word === 'all' || word === 'all-but-models' || word === 'elsewhere' ? word : null;
  } catch {
    // Storage is forbidden: there is nothing to erase.
    return null;
  }
}

/** Ends the app in every tab; in this one what was asked for begins. */
export function loadFor(erasing: Exclude<Erasing, 'elsewhere'>): void {
  ownChannel().postMessage(null);
  reloadAs(erasing);
}

/** From the app's start. @param before forgets what the tab still meant to save. */
export function makeWayForErasing(before: () => void): void {
  ownChannel().addEventListener('message', () => {
    before();
    reloadAs('elsewhere');
  });
}

/** One for both ways: a second one would tell the page that erases to keep out of its own way, and nothing would be erased. */
function ownChannel(): BroadcastChannel {
  channel ??= new BroadcastChannel(CHANNEL);
  return channel;
}

function reloadAs(erasing: Erasing): void {
  sessionStorage.setItem(KEY, erasing);
  // No chat's address is kept open.
  history.replaceState(null, '', '#/');
  location.reload();
}

/** The app may start again. */
export function doneErasing(): void {
  sessionStorage.removeItem(KEY);
}
