/** Where two writings of one reply part. Pure. */
import type { TracedChoice } from '../../database/records.ts';
import { spelled } from '../tokens/trace.ts';

export type Comparison =
  /** `count` of tokens, or of characters. */
  | { readonly kind: 'same'; readonly unit: 'token' | 'character'; readonly count: number }
  | {
      readonly kind: 'parted';
      readonly unit: 'token' | 'character';
      /** How many are the same before it. */
      readonly at: number;
      /** The end of what both wrote. */
      readonly before: string;
      /** What follows in each; empty: it ended there. */
      readonly there: string;
      readonly here: string;
    };

/** What is shown around the place. */
const SHOWN_CHARACTERS = 60;

type Token = Pick<TracedChoice, 'id' | 'text' | 'bytes'>;

/**
 * @param byNumber both come from one vocabulary: a token is its number in it. Else it is its text.
 * @returns the first place where the tokens differ; one that ended early parts there.
 */
export function compareTokens(
  there: readonly TracedChoice[],
  here: readonly TracedChoice[],
  byNumber: boolean,
): Comparison {
  const same = (a: Token | undefined, b: Token | undefined): boolean =>
    a !== undefined &&
    b !== undefined &&
    (byNumber && a.id !== null && b.id !== null
      ? a.id === b.id
      : a.text === b.text && String(a.bytes) === String(b.bytes));
  let at = 0;
  while (at < there.length && same(there[at], here[at])) at += 1;
  if (at === there.length && at === here.length) return { kind: 'same', unit: 'token', count: at };
  return {
    kind: 'parted',
    unit: 'token',
    at,
    before: spelled(there.slice(0, at)).slice(-SHOWN_CHARACTERS),
    there: pieceOf(there[at]),
    here: pieceOf(here[at]),
  };
}

function pieceOf(token: TracedChoice | undefined): string {
  return token ? spelled([token]) : '';
}

/** The same by characters, for replies whose tokens were not kept. No pair of surrogates is cut. */
export function compareTexts(there: string, here: string): Comparison {
  const a = Array.from(there);
  const b = Array.from(here);
  let at = 0;
  while (at < a.length && a[at] === b[at]) at += 1;
  if (at === a.length && at === b.length) return { kind: 'same', unit: 'character', count: at };
  const next = (characters: readonly string[]): string =>
    characters.slice(at, at + SHOWN_CHARACTERS).join('');
  return {
    kind: 'parted',
    unit: 'character',
    at,
    before: a.slice(Math.max(0, at - SHOWN_CHARACTERS), at).join(''),
    there: next(a),
    here: next(b),
  };
}
