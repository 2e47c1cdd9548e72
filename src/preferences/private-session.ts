/** A session of which nothing is written to the disk: this tab's, because a person asked for one, or because the site wants all to be. */
import { usePolicy } from './site-policy.ts';

/** That it is one, and no word of it. A reload stays in it; what it held ends with the page all the same. */
const KEY = 'meditron-private';

export function isPrivateSession(): boolean {
  if (usePolicy.getState().privateSession) return true;
  try {
    return sessionStorage.getItem(KEY) !== null;
  } catch {
    // Storage is forbidden: nothing can be written anyhow.
    return false;
  }
}

/** Loads the page anew: into a private session, or out of one, with nothing of it left. */
export function reloadPrivate(on: boolean): void {
  if (on) sessionStorage.setItem(KEY, 'yes');
  else sessionStorage.removeItem(KEY);
  history.replaceState(null, '', '#/');
  location.reload();
}
