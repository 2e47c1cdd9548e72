/** For the tests; the file itself runs as it is, before anything that could read TypeScript. */
export function noteUse(bundle: string): void;
export function tidyBundles(cache: string, now?: number): void;
