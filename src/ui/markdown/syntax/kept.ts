/**
 * The last guard of what a reply means: the figures and signs of its source, in order, are those of what is drawn of it. Where a
 * construct nobody thought of would swallow one, the block is shown as it was written.
 */
import type { Nodes, Root } from 'mdast';

const FIGURES_AND_SIGNS = /[\p{N}≤≥≠≈±∓^%‰µμ×÷=°]/gu;
/** Their letters are not what they stand for. */
const CHARACTER_REFERENCE = /&#?\w{1,31};/;

/** Whether what is drawn of the tree has every figure of its source. */
export function keepsFigures(source: string, tree: Root): boolean {
  if (CHARACTER_REFERENCE.test(source)) return true;
  const shown: string[] = [];
  collect(tree, source, shown);
  return figuresOf(shown.join('')) === figuresOf(source);
}

function figuresOf(text: string): string {
  return (text.match(FIGURES_AND_SIGNS) ?? []).join('');
}

function collect(node: Nodes, source: string, shown: string[]): void {
  if (node.type === 'code') shown.push(node.lang ?? '', node.meta ?? '', node.value);
  else if (node.type === 'listItem') shown.push(listMark(source, node.position?.start.offset));
  else if (node.type === 'image' || node.type === 'formula') shown.push(sourceOf(node, source));
  else if ('value' in node) shown.push(node.value);
  if (!('children' in node)) return;
  for (const child of node.children) collect(child, source, shown);
  // The address of a link is in the page, too.
  if (node.type === 'link' && source[node.position?.start.offset ?? -1] === '[')
    shown.push(source.slice(node.children.at(-1)?.position?.end.offset, node.position?.end.offset));
}

/** The part of the source a node was read from. */
export function sourceOf({ position }: Nodes, source: string): string {
  return source.slice(position?.start.offset ?? 0, position?.end.offset ?? 0);
}

const LIST_MARK = /(?:[-+*]|\d{1,9}[.)])/y;

/** What a list item was marked with: `-`, `140.`, `3)`. */
export function listMark(source: string, at: number | undefined): string {
  LIST_MARK.lastIndex = at ?? 0;
  return LIST_MARK.exec(source)?.[0] ?? '';
}
