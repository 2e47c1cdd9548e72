/**
 * Text another app shares. The service worker answers the form itself, so that no host sees it and no address holds it; it keeps
 * the text in memory until the page it opens asks, which is at once.
 */

/** Where the manifest's `share_target` posts to, from the app's folder; no file of the host. */
export const SHARE_TARGET = 'share-target';
/** Where the page is opened then, behind `#`. */
export const SHARED_PLACE = '/share';

/** The fields of the form. */
export interface SharedParts {
  readonly title: string;
  readonly text: string;
  readonly url: string;
}

export interface TakeShare {
  readonly type: 'take-share';
}

/** A question in a message box; what is longer is a document, and its beginning serves. */
export const MOST_SHARED_CHARACTERS = 20_000;

export function partsOf(form: FormData): SharedParts {
  const field = (name: string): string => {
    const value = form.get(name);
    return typeof value === 'string' ? value.slice(0, MOST_SHARED_CHARACTERS) : '';
  };
  return { title: field('title'), text: field('text'), url: field('url') };
}
