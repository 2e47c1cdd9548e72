/**
 * The Markdown of replies: CommonMark and tables, read so that no quantity is taken for markup. What would make text vanish is
 * not in it: link and footnote definitions, raw HTML, underlined headings, strikethrough.
 */
import type { PhrasingContent, Root } from 'mdast';
import { fromMarkdown, type Extension as TreeExtension } from 'mdast-util-from-markdown';
import { gfmTableFromMarkdown } from 'mdast-util-gfm-table';
import { gfmTaskListItemFromMarkdown } from 'mdast-util-gfm-task-list-item';
import { codeText } from 'micromark-core-commonmark';
import { gfmTable } from 'micromark-extension-gfm-table';
import { gfmTaskListItem } from 'micromark-extension-gfm-task-list-item';
import type { Construct, Extension, Token, TokenizeContext } from 'micromark-util-types';
import { addressesIn, bareAddress, type Address } from './address.ts';
import { emphasis } from './emphasis.ts';
import { formulaAt, formulaFlow, formulaLinesAt, formulaText } from './formula.ts';
import { quotation } from './quotation.ts';
import { workGuards } from './work-guard.ts';

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
/** What else begins something in running text: `!`, `&`, `<`, `[`, `]`. */
const MARKS = [33, 38, 60, 91, 93];
/** Letters, figures and what else a mail address can begin with. */
const ADDRESS_BEGINS = Array.from(
  'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.+-',
  (character) => character.charCodeAt(0),
);

/**
 * @param source line endings as `\n`, no byte order mark.
 * @throws TooMuchWork
 */
export function parseMarkdown(source: string): Root {
  let found: ReadonlyMap<number, Address> | null = null;
  const addresses = (): ReadonlyMap<number, Address> => (found ??= addressesIn(source));
  return fromMarkdown(source, {
    extensions: [dialect(source, addresses), tables, tasks],
    mdastExtensions: [treeOfTables, treeOfTasks, treeOfFormulas(source), treeOfAddresses(addresses)],
  });
}

const tables = gfmTable();
const tasks = gfmTaskListItem();
const treeOfTables = gfmTableFromMarkdown();
const treeOfTasks = gfmTaskListItemFromMarkdown();

function dialect(source: string, addresses: () => ReadonlyMap<number, Address>): Extension {
  const stars = emphasis(source);
  const inText = formulaText(source);
  const inFlow = formulaFlow(source);
  const guard = workGuards();
  const address = bareAddress(addresses);
  return {
    disable: {
      null: ['attention', 'blockQuote', 'codeText', 'definition', 'htmlFlow', 'htmlText', 'setextUnderline'],
    },
    document: { [GREATER]: quotation(source), null: guard.line },
    flow: { [DOLLAR]: inFlow, [BACKSLASH]: inFlow },
    text: {
      ...Object.fromEntries(MARKS.map((code) => [code, guard.mark])),
      ...Object.fromEntries(ADDRESS_BEGINS.map((code) => [code, address])),
      [STAR]: [guard.mark, stars],
      [UNDERSCORE]: [guard.mark, address, stars],
      [DOLLAR]: [guard.mark, inText],
      [BACKSLASH]: [guard.mark, inText],
      [BACKTICK]: [guard.mark, codeSpan(source)],
    },
    insideSpan: { null: [stars] },
  };
}

/** Not after a figure (`` 5` `` are minutes), and only where it ends: every opener without an end would search to the text's. */
function codeSpan(source: string): Construct {
  let lastRuns: Map<number, number> | null = null;
  const begins = (at: number): boolean => {
    let end = at;
    while (source[end] === '`') end += 1;
    if (end - at === 1 && /\d/.test(source.charAt(at - 1))) return false;
    lastRuns ??= new Map(Array.from(source.matchAll(/`+/g), ({ 0: run, index }) => [run.length, index]));
    return (lastRuns.get(end - at) ?? -1) >= end;
  };
  return {
    ...codeText,
    name: 'codeSpan',
    tokenize(this: TokenizeContext, effects, ok, nok) {
      const span = codeText.tokenize.call(this, effects, ok, nok);
      const follows = codeText.previous?.call(this, this.previous) ?? true;
      return (code) => (follows && begins(this.now().offset) ? span(code) : nok(code));
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
        this.exit(token);
        if (paragraph?.type === 'paragraph')
          paragraph.children = [{ ...drawn, position: paragraph.position }];
      },
    },
  };
}

function treeOfAddresses(addresses: () => ReadonlyMap<number, Address>): TreeExtension {
  return {
    enter: {
      address(token) {
        const url = addresses().get(token.start.offset)?.url ?? '';
        this.enter({ type: 'link', title: null, url, children: [] }, token);
      },
      addressData(token) {
        this.config.enter.data?.call(this, token);
      },
    },
    exit: {
      addressData(token) {
        this.config.exit.data?.call(this, token);
      },
      address(token) {
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
