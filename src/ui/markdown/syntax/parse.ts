/**
 * The Markdown of replies: CommonMark and tables, read so that no quantity is taken for markup. What would make text vanish is
 * not in it: link and footnote definitions, raw HTML, underlined headings, strikethrough.
 */
import type { PhrasingContent, Root } from 'mdast';
import { fromMarkdown, type Extension as TreeExtension } from 'mdast-util-from-markdown';
import { gfmAutolinkLiteralFromMarkdown } from 'mdast-util-gfm-autolink-literal';
import { gfmTableFromMarkdown } from 'mdast-util-gfm-table';
import { gfmTaskListItemFromMarkdown } from 'mdast-util-gfm-task-list-item';
import { codeText } from 'micromark-core-commonmark';
import { gfmAutolinkLiteral } from 'micromark-extension-gfm-autolink-literal';
import { gfmTable } from 'micromark-extension-gfm-table';
import { gfmTaskListItem } from 'micromark-extension-gfm-task-list-item';
import type { Construct, Extension, Token, TokenizeContext } from 'micromark-util-types';
import { emphasis } from './emphasis.ts';
import { formulaAt, formulaFlow, formulaLinesAt, formulaText } from './formula.ts';
import { quotation } from './quotation.ts';

declare module 'mdast' {
  /** A formula, in running text or displayed. */
  interface FormulaNode {
    type: 'formula';
    tex: string;
    display: boolean;
    position?: Root['position'];
    data?: undefined;
  }
  interface PhrasingContentMap {
    formula: FormulaNode;
  }
  interface RootContentMap {
    formula: FormulaNode;
  }
  interface BlockContentMap {
    formula: FormulaNode;
  }
}

const STAR = 42;
const UNDERSCORE = 95;
const GREATER = 62;
const DOLLAR = 36;
const BACKSLASH = 92;
const BACKTICK = 96;

/** @param source line endings as `\n`, no byte order mark. */
export function parseMarkdown(source: string): Root {
  return fromMarkdown(source, {
    extensions: [dialect(source), tables, autolinks, tasks],
    mdastExtensions: [treeOfTables, treeOfLinks, treeOfTasks, treeOfFormulas(source)],
  });
}

const tables = gfmTable();
const autolinks = gfmAutolinkLiteral();
const tasks = gfmTaskListItem();
const treeOfTables = gfmTableFromMarkdown();
const treeOfTasks = gfmTaskListItemFromMarkdown();
// Without its second search through the finished tree, which takes quadratic time.
const treeOfLinks: TreeExtension = { ...gfmAutolinkLiteralFromMarkdown(), transforms: [] };

function dialect(source: string): Extension {
  const stars = emphasis(source);
  const inText = formulaText(source);
  const inFlow = formulaFlow(source);
  return {
    disable: {
      null: ['attention', 'blockQuote', 'codeText', 'definition', 'htmlFlow', 'htmlText', 'setextUnderline'],
    },
    document: { [GREATER]: quotation(source) },
    flow: { [DOLLAR]: inFlow, [BACKSLASH]: inFlow },
    text: {
      [STAR]: stars,
      [UNDERSCORE]: stars,
      [DOLLAR]: inText,
      [BACKSLASH]: inText,
      [BACKTICK]: codeSpan(source),
    },
    insideSpan: { null: [stars] },
  };
}

/** Not after a figure (``5` `` are minutes), and only where it ends: every opener without an end would search to the text's. */
function codeSpan(source: string): Construct {
  let lastRuns: Map<number, number> | null = null;
  return {
    ...codeText,
    name: 'codeSpan',
    previous(this: TokenizeContext, code) {
      if (codeText.previous?.call(this, code) === false) return false;
      const at = this.now().offset;
      if (source[at] !== '`') return false;
      let end = at;
      while (source[end] === '`') end += 1;
      if (end - at === 1 && /\d/.test(source.charAt(at - 1))) return false;
      lastRuns ??= new Map(Array.from(source.matchAll(/`+/g), ({ 0: run, index }) => [run.length, index]));
      return (lastRuns.get(end - at) ?? -1) >= end;
    },
  };
}

function treeOfFormulas(source: string): TreeExtension {
  const node = (token: Token, display: boolean): PhrasingContent => {
    const { offset } = token.start;
    const formula = display ? formulaLinesAt(source, offset) : formulaAt(source, offset);
    // Its container ended before it did.
    if (!formula || token.end.offset < formula.end)
      return { type: 'text', value: source.slice(offset, token.end.offset) };
    const tex = formula.tex.trim();
    return { type: 'formula', tex, display: display || tex.includes('\n') };
  };
  return {
    enter: {
      formulaText(token) {
        this.enter({ type: 'text', value: '' }, token);
      },
      formulaFlow(token) {
        this.enter({ type: 'paragraph', children: [] }, token);
      },
    },
    exit: {
      formulaText(token) {
        this.exit(token);
        replaceLast(this.stack.at(-1), node(token, false));
      },
      formulaFlow(token) {
        const drawn = node(token, true);
        const paragraph = this.stack.at(-1);
        if (paragraph?.type === 'paragraph') paragraph.children = [drawn];
        this.exit(token);
      },
    },
  };
}

function replaceLast(parent: { type: string } | undefined, node: PhrasingContent): void {
  if (!parent || !('children' in parent) || !Array.isArray(parent.children)) return;
  const before = parent.children.at(-1) as PhrasingContent | undefined;
  parent.children[parent.children.length - 1] = { ...node, position: before?.position };
}
