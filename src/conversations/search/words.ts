/** Words as search and sorting see them: one form for é and e, ﬁ and fi, É and é. Pure. */

/** Longer words are found by their beginning; without a cut a pasted base64 block would fill the index. */
const TERM_MAX_UNITS = 32;
/** A message with more distinct words than this (some 300 kB of prose) is a pasted file; its beginning is found. */
const TERMS_PER_TEXT_MAX = 20_000;
/** A person types fewer; a paste into the search box must not make the search long. */
const QUERY_TERMS_MAX = 16;

const ASCII = /^[\x20-\x7e]*$/;
const PLAIN_TEXT = /^[\t\n\r\x20-\x7e]*$/;
const WORD = /[\p{L}\p{N}\p{M}]+/gu;
const FOLDED_WORD = /[\p{L}\p{N}]+/gu;
/**
 * Scripts written without spaces: their words can't be told apart, so pairs of characters stand for them. And Korean, whose spaces
 * stand around compounds and particles: who searches 혈압 means 고혈압, too.
 */
const UNSPACED =
  /[\p{scx=Han}\p{scx=Hangul}\p{scx=Hiragana}\p{scx=Katakana}\p{scx=Thai}\p{scx=Lao}\p{scx=Khmer}\p{scx=Myanmar}]/u;
/** What stands between them and is written with spaces elsewhere: `MRI` in `MRI検査`, `100mg` in `100mgを`. */
const SPACED_STRETCH = new RegExp(`(?!\\p{M})[^${UNSPACED.source.slice(1, -1)}]+`, 'gu');
const MARKS = /\p{M}*/uy;
/** A character as it is written: a syllable of Hangul is one, also where it comes as its letters (NFD), of which each part has at most three. */
const CHARACTER =
  /[\u1100-\u115f\ua960-\ua97c]{1,3}[\u1160-\u11a7\ud7b0-\ud7c6]{0,3}[\u11a8-\u11ff\ud7cb-\ud7fb]{0,3}|[\uac00-\ud7a3][\u1160-\u11ff\ud7b0-\ud7fb]{0,3}|./suy;
const CHARACTERS = new RegExp(CHARACTER.source, 'gsu');

/** Letters that Unicode does not take apart, as people without them on their keyboard type them. */
const PLAIN: Readonly<Record<string, string>> = {
  ß: 'ss',
  æ: 'ae',
  œ: 'oe',
  ø: 'o',
  đ: 'd',
  ð: 'd',
  þ: 'th',
  ħ: 'h',
  ł: 'l',
  ı: 'i',
  ς: 'σ',
  // Stretches an Arabic word and is no part of it.
  ـ: '',
};
const UNPLAIN = new RegExp(`[${Object.keys(PLAIN).join('')}]`, 'gu');

/** Compatibility form, without diacritics, lower case. Its length may differ from the input's. */
export function foldText(text: string): string {
  if (ASCII.test(text)) return text.toLowerCase();
  return (
    text
      .normalize('NFKD')
      .replace(/\p{M}+/gu, '')
      .toLowerCase()
      // Lower-casing can decompose again, e.g. İ.
      .replace(/\p{M}+/gu, '')
      .replace(UNPLAIN, (letter) => PLAIN[letter] ?? '')
  );
}

/** The distinct terms an index holds for a text. */
export function indexTerms(text: string): Set<string> {
  const terms = new Set<string>();
  if (PLAIN_TEXT.test(text)) {
    addAsciiTerms(text.toLowerCase(), terms);
    return terms;
  }
  for (const match of text.matchAll(WORD)) {
    // A whole book in Chinese without a full stop is one word here.
    for (const [, term] of placedTerms(match[0])) {
      terms.add(term);
      if (terms.size >= TERMS_PER_TEXT_MAX) return terms;
    }
  }
  return terms;
}

/** The terms that must all begin some term of a text for it to match. Empty when the query has no letter or digit. */
export function queryTerms(query: string): string[] {
  const terms = new Set<string>();
  for (const match of query.matchAll(WORD)) {
    const own = (UNSPACED.test(match[0]) ? pairsOf : placedTerms)(match[0]).map(([, term]) => term);
    // The lone last character of an unspaced run only repeats what the pair before it says.
    for (const term of own.length > 1 && isUnspaced(own.at(-1) ?? '') ? own.slice(0, -1) : own)
      terms.add(term);
    if (terms.size >= QUERY_TERMS_MAX) break;
  }
  const distinct = [...terms].slice(0, QUERY_TERMS_MAX);
  return distinct.filter((term) => !distinct.some((other) => other !== term && other.startsWith(term)));
}

/** A stretch of a text, in UTF-16 units. */
export interface TextRange {
  readonly start: number;
  readonly end: number;
}

/** Where the terms of a query begin words of a text, up to `limit` places; null when some term is nowhere in it. */
export function findTerms(text: string, terms: readonly string[], limit = 100): TextRange[] | null {
  const missing = new Set(terms);
  const ranges: TextRange[] = [];
  let last = { start: -1, units: 0 };
  for (const match of text.matchAll(WORD)) {
    const word = match[0];
    for (const [place, term] of placedTerms(word)) {
      const hit = terms.find((wanted) => term.startsWith(wanted));
      if (hit === undefined) continue;
      for (const wanted of terms) if (term.startsWith(wanted)) missing.delete(wanted);
      if (ranges.length < limit) {
        const start = match.index + place;
        if (start === last.start && hit.length <= last.units) continue;
        last = { start, units: hit.length };
        ranges.push({ start, end: match.index + unitsFolding(word, place, hit.length) });
      }
    }
    if (missing.size === 0 && ranges.length >= limit) break;
  }
  return missing.size > 0 ? null : joined(ranges);
}

export interface Snippet {
  readonly text: string;
  readonly highlights: readonly TextRange[];
}

/** Characters before the first hit, and in all: about two lines of a side panel. */
const SNIPPET_BEFORE = 36;
const SNIPPET_LENGTH = 140;

/** The part of a text around its first hit, on one line. */
export function snippetOf(text: string, ranges: readonly TextRange[]): Snippet {
  const first = ranges[0]?.start ?? 0;
  const from = first <= SNIPPET_BEFORE ? 0 : wordStart(text, first - SNIPPET_BEFORE, first);
  const to = Math.min(text.length, from + SNIPPET_LENGTH);
  const head = from > 0 ? '…' : '';
  const shift = head.length - from;
  return {
    // Line breaks become spaces one by one, so that places stay where they are.
    text: head + text.slice(from, to).replace(/\s/gu, ' ') + (to < text.length ? '…' : ''),
    highlights: ranges
      .filter((range) => range.start >= from && range.end <= to)
      .map((range) => ({ start: range.start + shift, end: range.end + shift })),
  };
}

/** The same terms as for any text, five times as fast: most of what is indexed is plain English. */
function addAsciiTerms(lowered: string, terms: Set<string>): void {
  let start = -1;
  for (let at = 0; at <= lowered.length; at++) {
    const code = at < lowered.length ? lowered.charCodeAt(at) : 0;
    const inWord = (code >= 97 && code <= 122) || (code >= 48 && code <= 57);
    if (inWord) {
      if (start < 0) start = at;
    } else if (start >= 0) {
      terms.add(lowered.slice(start, Math.min(at, start + TERM_MAX_UNITS)));
      start = -1;
      if (terms.size >= TERMS_PER_TEXT_MAX) return;
    }
  }
}

/** The terms of one word and where in the word they begin, in that order. */
function placedTerms(word: string): [number, string][] {
  if (!UNSPACED.test(word)) return spacedTerms(word, 0);
  const stretches = Array.from(word.matchAll(SPACED_STRETCH), ({ 0: stretch, index }) =>
    spacedTerms(stretch, index),
  );
  return [...stretches.flat(), ...pairsOf(word)].sort(([a], [b]) => a - b);
}

/** The terms of a word, or of a stretch of one, without unspaced scripts. */
function spacedTerms(word: string, place: number): [number, string][] {
  if (ASCII.test(word)) return [[place, cut(word.toLowerCase())]];
  return Array.from(foldText(word).matchAll(FOLDED_WORD), ([term]) => [place, cut(term)]);
}

/** The pairs of characters of a word, and its last one alone. */
function pairsOf(word: string): [number, string][] {
  const placed: [number, string][] = [];
  const characters = Array.from(word.matchAll(CHARACTERS), ({ 0: character, index: place }) => ({
    place,
    folded: foldText(character).replace(/[^\p{L}\p{N}]+/gu, ''),
  })).filter(({ folded }) => folded !== '');
  characters.forEach(({ place, folded }, index) => {
    placed.push([place, folded + (characters[index + 1]?.folded ?? '')]);
  });
  return placed;
}

function isUnspaced(term: string): boolean {
  return UNSPACED.test(term);
}

function cut(term: string): string {
  if (term.length <= TERM_MAX_UNITS) return term;
  const end = /[\ud800-\udbff]/.test(term.charAt(TERM_MAX_UNITS - 1)) ? TERM_MAX_UNITS - 1 : TERM_MAX_UNITS;
  return term.slice(0, end);
}

/**
 * Where in a word the characters end that fold to at least `length` units, from `start` on; marks on the last are its own.
 * Characters fold each for itself, so their lengths add up.
 */
function unitsFolding(word: string, start: number, length: number): number {
  let at = start;
  for (let folded = 0; at < word.length;) {
    CHARACTER.lastIndex = at;
    const character = CHARACTER.exec(word)?.[0] ?? '';
    folded += foldText(character).length;
    MARKS.lastIndex = at + character.length;
    MARKS.test(word);
    at = MARKS.lastIndex;
    if (folded >= length) break;
  }
  return at;
}

function joined(ranges: readonly TextRange[]): TextRange[] {
  const result: TextRange[] = [];
  for (const range of ranges) {
    const last = result.at(-1);
    if (last && range.start <= last.end) {
      result[result.length - 1] = { start: last.start, end: Math.max(last.end, range.end) };
    } else result.push(range);
  }
  return result;
}

/** The first beginning of a word at or after `from`, so that a snippet starts with a whole one. */
function wordStart(text: string, from: number, latest: number): number {
  const space = text.slice(from, latest).search(/\s/u);
  if (space >= 0) return from + space + 1;
  return /[\udc00-\udfff]/.test(text.charAt(from)) ? from + 1 : from;
}
