/** Two texts, word by word. */
import { diffWordsWithSpace } from 'diff';

export interface Piece {
  readonly text: string;
  /** Only this text has it. */
  readonly own: boolean;
}

/** Past this many edits the two have little in common: marking it all helps nobody, and takes long. */
const MOST_EDITS = 4000;

/** @returns each text in pieces that together are it, to the character. */
export function differences(one: string, other: string): readonly [readonly Piece[], readonly Piece[]] {
  const changes = diffWordsWithSpace(one, other, { maxEditLength: MOST_EDITS });
  if (!changes) return [[{ text: one, own: true }], [{ text: other, own: true }]];
  const side = (leaves: 'added' | 'removed'): readonly Piece[] =>
    changes
      .filter((change) => !change[leaves])
      .map(({ value, added, removed }) => ({ text: value, own: added || removed }));
  return [side('added'), side('removed')];
}
