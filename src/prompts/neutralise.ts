/**
 * What people type (and what a model wrote) must reach the model as text, never as control: a pasted "### Assistant:"
 * must not open a reply, and `</s>` or `[bib_ref]` must not become the token of that name.
 *
 * Method: a space after the marker's first character, in the rendered prompt only ("###" → "# ##", "</s>" → "< /s>").
 * The stored message keeps its text, so the conversation on screen and in exports is what was typed; the prompt shown as
 * provenance is what the model saw, and the notes say where the two differ. Invisible characters were rejected: they
 * tokenise to stray bytes, and nobody reading the prompt would see why the reply is odd.
 */

export interface Neutralised {
  readonly text: string;
  /** Marker → how often it was broken. */
  readonly broken: ReadonlyMap<string, number>;
  /** Characters no engine can be given as they are (NUL, half of a surrogate pair), now U+FFFD. */
  readonly replacedCharacters: number;
}

const UNSAFE_CHARACTERS = /\0|\p{Surrogate}/gu;

/** @param markers ASCII without white space, so that inserting a space can only break markers, never make one. */
export function neutralise(text: string, markers: readonly string[]): Neutralised {
  let replacedCharacters = 0;
  let safe = text.replace(/\r\n?/g, '\n').replace(UNSAFE_CHARACTERS, () => {
    replacedCharacters += 1;
    return '\ufffd';
  });
  const broken = new Map<string, number>();
  const pattern = anyOf(markers);
  if (pattern === null) return { text: safe, broken, replacedCharacters };
  // One pass can leave a marker behind where matches touch ("######"); each further pass breaks at least one more.
  for (let first = true; ; first = false) {
    const before = safe;
    safe = before.replace(pattern, (found) => {
      if (first) broken.set(found, (broken.get(found) ?? 0) + 1);
      return `${found.slice(0, 1)} ${found.slice(1)}`;
    });
    if (safe === before) return { text: safe, broken, replacedCharacters };
  }
}

function anyOf(markers: readonly string[]): RegExp | null {
  if (markers.length === 0) return null;
  const longestFirst = [...new Set(markers)].sort((a, b) => b.length - a.length);
  return new RegExp(longestFirst.map((text) => text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&')).join('|'), 'g');
}
