import type { Nodes, Root } from 'mdast';
import { FORMULA_ELEMENTS, MAX_BLOCK_ELEMENTS } from './render-budget.ts';
import { keepsFigures } from '../syntax/kept.ts';
import { parseMarkdown } from '../syntax/parse.ts';
import { TooMuchWork } from '../syntax/work-guard.ts';
import { isTooMuch } from './too-much.ts';

export interface PreparedBlock {
  readonly tree: Root;
  /** What it costs to draw, in elements. */
  readonly elements: number;
}

/** Deeper, the browser's layout and this program's stack have more to do than a reader has to gain. */
const MAX_DEPTH = 100;

/**
 * Reads one block of Markdown.
 *
 * @param text line ends as `\n`.
 * @returns null where it is to be shown as it was written: too costly, or it would not show every figure.
 */
export function prepareBlock(text: string): PreparedBlock | null {
  if (isTooMuch(text)) return null;
  const tree = parsed(text);
  if (!tree) return null;
  const elements = elementsIn(tree, 0);
  return elements <= MAX_BLOCK_ELEMENTS && keepsFigures(text, tree) ? { tree, elements } : null;
}

function parsed(text: string): Root | null {
  try {
    return parseMarkdown(text);
  } catch (thrown) {
    if (thrown instanceof TooMuchWork) return null;
    throw thrown;
  }
}

function elementsIn(node: Nodes, depth: number): number {
  if (depth > MAX_DEPTH) return Infinity;
  if (node.type === 'formula') return FORMULA_ELEMENTS + node.tex.length;
  if (node.type === 'text') return 0;
  if (!('children' in node)) return 1;
  // A link is marked, an item has its mark, a table its frame.
  let sum = 3;
  // Rows of a table are filled up to the longest.
  if (node.type === 'table')
    sum += node.children.length * Math.max(...node.children.map((row) => row.children.length));
  for (const child of node.children) {
    sum += elementsIn(child, depth + 1);
    if (sum > MAX_BLOCK_ELEMENTS) return sum;
  }
  return sum;
}
