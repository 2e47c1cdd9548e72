/**
 * Markdown in top-level blocks, so that a reply being written is parsed block by block: a finished block is rendered once
 * and what is already read never moves. A blank line ends a block unless what follows may still belong to it.
 */

import { MAX_TEX_CHARACTERS } from '../syntax/tex.ts';

const FENCE = /^ {0,3}(`{3,}|~{3,})/;
const LIST_ITEM = /^ {0,3}(?:[-*+]|\d{1,9}[.)])(?:[ \t]|$)/;
/** The beginning of a line that can still become a list item or an indented one. */
const UNDECIDED = /^ {0,3}(?:[-*+]?|\d{1,9}[.)]?)$/;
/** A list's later paragraphs, its nested lists, indented code. */
const INDENTED = /^(?: {2,}|\t)/;

/** A formula without an end by then is none (its delimiters included). */
const FORMULA_REACH = MAX_TEX_CHARACTERS + 4;

/** In characters: parsing takes longer than in proportion to a list's length. */
const LONG_LIST = 3000;

interface Scan {
  readonly blocks: readonly string[];
  /** Where the last, still open block begins. */
  readonly openAt: number;
}

function scan(text: string, from: number): Scan {
  const blocks: string[] = [];
  let start = from;
  let at = from;
  /** What ends a fence or a formula; null outside. */
  let closer: RegExp | null = null;
  /** Up to where it can come. */
  let closerReach = Infinity;
  let inList = false;
  let afterBlank = false;
  while (at < text.length) {
    const end = text.indexOf('\n', at);
    const next = end < 0 ? text.length : end + 1;
    const line = text.slice(at, end < 0 ? text.length : end);
    if (closer && at > closerReach) closer = null;
    if (closer) {
      if (closer.test(line)) closer = null;
    } else if (line.trim() === '') {
      afterBlank = true;
    } else {
      const item = LIST_ITEM.test(line);
      const belongs = INDENTED.test(line) || (inList && (item || (end < 0 && UNDECIDED.test(line))));
      // A long list goes on in another block: its items keep their own marks.
      const cut = inList && item && at - start > LONG_LIST && !/^[ \t]/.test(line);
      if (cut || (afterBlank && !belongs && text.slice(start, at).trim() !== '')) {
        blocks.push(text.slice(start, at));
        start = at;
      }
      if (!belongs) inList = item;
      afterBlank = false;
      closer = closerFor(line);
      closerReach = FENCE.test(line.trimStart()) ? Infinity : at + FORMULA_REACH;
    }
    at = next;
  }
  return { blocks, openAt: start };
}

function closerFor(line: string): RegExp | null {
  const fence = FENCE.exec(line.trimStart())?.[1];
  if (fence) return new RegExp(`^\\s*${fence.charAt(0)}{${String(fence.length)},}\\s*$`);
  const trimmed = line.trim();
  if (trimmed.startsWith('$$') && !trimmed.slice(2).includes('$$')) return /\$\$\s*$/;
  if (trimmed.startsWith('\\[') && !trimmed.includes('\\]')) return /\\\]/;
  return null;
}

/** All blocks of a text; joined they are the text again. */
export function splitBlocks(text: string): readonly string[] {
  const { blocks, openAt } = scan(text, 0);
  return openAt < text.length ? [...blocks, text.slice(openAt)] : blocks;
}

/** `splitBlocks` for a text that grows at its end: only the open block is looked at again. */
export class GrowingBlocks {
  #closed: readonly string[] = [];
  #closedText = '';

  update(text: string): readonly string[] {
    if (!text.startsWith(this.#closedText)) {
      this.#closed = [];
      this.#closedText = '';
    }
    const { blocks, openAt } = scan(text, this.#closedText.length);
    if (blocks.length > 0) {
      this.#closed = [...this.#closed, ...blocks];
      this.#closedText = text.slice(0, openAt);
    }
    return openAt < text.length ? [...this.#closed, text.slice(openAt)] : this.#closed;
  }
}
