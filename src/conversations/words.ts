/** Words as search and sorting see them: one form for é and e, ﬁ and fi, É and é. */

/** Compatibility form, without diacritics, lower case. Length may differ from the input's. */
export function foldText(text: string): string {
  return (
    text
      .normalize('NFKD')
      .replace(/\p{M}+/gu, '')
      .toLowerCase()
      // Lower-casing can decompose again, e.g. İ.
      .replace(/\p{M}+/gu, '')
  );
}
