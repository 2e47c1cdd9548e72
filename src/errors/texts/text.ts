/** What a person reads: what happened (`title`), why (`cause`), what to do next (`action`). */
export interface ErrorText {
  readonly title: string;
  readonly cause: string;
  readonly action: string;
  /** Where in the app the person can do it. */
  readonly place?: { readonly label: string; readonly href: string };
}

/** The texts of one prefix; the keys are the codes there are. */
export type ErrorTexts<Prefix extends string> = Record<`${Prefix}/${string}`, ErrorText>;

/** What takes how much, how to get it back, and saving everything first: one place. */
export const FREE_SPACE = { label: 'See what takes space', href: '#/settings/storage' };

/** Where models are fetched, mended and loaded. Not offered to whoever is there. */
export const MODELS_SCREEN = { label: 'Open Models', href: '#/models' };
