/** What the characters around a mark are, as far as it decides whether the mark is markup or part of a quantity. */

/** Scripts written without spaces between words, and Hangul, whose particles follow a word at once; with their punctuation. */
const UNSPACED =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}\u3000-\u303f\uff01-\uff0f\uff1a-\uff65]/u;

export const isSpace = (character: string): boolean => character === '' || /\s/u.test(character);
export const isPunctuation = (character: string): boolean => /[\p{P}\p{S}]/u.test(character);
export const isNumber = (character: string): boolean => /\p{N}/u.test(character);
export const isUnspaced = (character: string): boolean => UNSPACED.test(character);
/** A letter or figure of a script with spaces between words. */
export const isWord = (character: string): boolean =>
  /[\p{L}\p{M}\p{N}]/u.test(character) && !isUnspaced(character);

/** The character (code point) before a place; empty at the text's begin. */
export function characterBefore(text: string, at: number): string {
  if (at <= 0) return '';
  const low = text.charCodeAt(at - 1);
  const paired = low >= 0xdc00 && low <= 0xdfff && at > 1;
  return text.slice(paired ? at - 2 : at - 1, at);
}

/** The character (code point) at a place; empty at the text's end. */
export function characterAt(text: string, at: number): string {
  const point = text.codePointAt(at);
  return point === undefined ? '' : String.fromCodePoint(point);
}

/** `5`, `.5`, `-5`, `± 5`, `≥65`, `$5`, `~ 5`, `**5`: what a number can begin with, marks of emphasis and brackets included. */
const QUANTITY = /[ \t]*(?:[=≤≥≦≧⩽⩾]|(?:[<>≈~±∓+\-−–‐×*/^µ√(\\[_`][ \t]*|\p{Sc}[ \t]*)*[.,·]?\p{N})/uy;

/** Whether what follows (after spaces) is a quantity or the second half of a sign such as `>=`. */
export function beginsQuantity(text: string, at: number): boolean {
  QUANTITY.lastIndex = at;
  return QUANTITY.test(text);
}
