/** From the tree of a block to React elements. Nothing of the text becomes markup by itself: every node is text or one of these. */
import type { List, ListItem, Nodes, Root, Table } from 'mdast';
import { Fragment, type ReactNode } from 'react';
import { isolated } from '../bidi.tsx';
import { CodeBlock, Scrollable } from './frames.tsx';
import { destinationShown, safeHref } from './links.ts';
import { Maths } from './maths.tsx';
import { OutsideLink } from './outside-link.tsx';
import { beginsQuantity } from './syntax/characters.ts';
import { listMark, sourceOf } from './syntax/kept.ts';

interface Drawing {
  readonly source: string;
  /** Letters that run right to left are in the block. */
  readonly rightToLeft: boolean;
  readonly inLink?: boolean;
}

/** @param source what the tree was read from. */
export function draw(tree: Root, source: string, rightToLeft: boolean): ReactNode {
  return drawAll(tree.children, { source, rightToLeft });
}

/** Blocks are set apart by line ends, as whoever reads the bare text of the page expects. */
function drawAll(nodes: readonly Nodes[], drawing: Drawing, mark: ReactNode = null): ReactNode {
  const first = nodes[0];
  const inParagraph = first?.type === 'paragraph';
  return (
    <>
      {!inParagraph && mark}
      {nodes.map((node, index) => (
        <Fragment key={index}>
          {index > 0 && '\n'}
          {drawNode(node, drawing, index === 0 && inParagraph ? mark : null)}
        </Fragment>
      ))}
    </>
  );
}

function drawText(nodes: readonly Nodes[], drawing: Drawing): ReactNode {
  return nodes.map((node, index) => <Fragment key={index}>{drawNode(node, drawing, null)}</Fragment>);
}

function drawNode(node: Nodes, drawing: Drawing, mark: ReactNode): ReactNode {
  const { source, rightToLeft } = drawing;
  switch (node.type) {
    case 'text':
      return isolated(node.value, rightToLeft);
    case 'paragraph':
      return (
        <p dir="auto">
          {mark}
          {drawText(node.children, drawing)}
        </p>
      );
    case 'heading':
      // One level for all: a reply's "#" must not break the page's outline. Its own rank stays visible.
      return (
        <h3 data-level={node.depth} dir="auto">
          {drawText(node.children, drawing)}
        </h3>
      );
    case 'strong':
      return <strong>{drawText(node.children, drawing)}</strong>;
    case 'emphasis':
      return <em>{drawText(node.children, drawing)}</em>;
    case 'inlineCode':
      return <code dir="ltr">{node.value}</code>;
    case 'code':
      return <CodeBlock code={node.value} info={[node.lang, node.meta].filter(Boolean).join(' ')} />;
    case 'formula':
      return <Maths tex={node.tex} source={sourceOf(node, source)} display={node.display} />;
    case 'break':
      return <br />;
    case 'thematicBreak':
      return <hr />;
    case 'blockquote':
      // The mark stays: it may have been meant as a sign after all.
      return (
        <blockquote dir="auto">
          {drawAll(node.children, drawing, <span className="prose-mark">{'> '}</span>)}
        </blockquote>
      );
    case 'list':
      return drawList(node, drawing);
    case 'table':
      return drawTable(node, drawing);
    case 'link':
      return drawLink(node, drawing);
    case 'image':
      return (
        <span className="prose-host">
          [image not loaded: {[node.alt, node.url, node.title].filter(Boolean).join(', ')}]
        </span>
      );
    // Drawn by what holds them, or not in this Markdown.
    case 'definition':
    case 'delete':
    case 'footnoteDefinition':
    case 'footnoteReference':
    case 'html':
    case 'imageReference':
    case 'inlineMath':
    case 'linkReference':
    case 'listItem':
    case 'math':
    case 'root':
    case 'tableCell':
    case 'tableRow':
    case 'yaml':
      return sourceOf(node, source);
  }
}

/**
 * A list shows the marks it was written with. Numbers are never counted anew, `-` and `+` may be signs (of a charge, of what was
 * found and not found), and so may be a star before a quantity; elsewhere a star is a bullet.
 */
function drawList(list: List, drawing: Drawing): ReactNode {
  const { source } = drawing;
  const marks = list.children.map((item) => listMark(source, item.position?.start.offset));
  const bulleted = list.children.every((item, index) => {
    const mark = marks[index] ?? '';
    return mark === '*' && !beginsQuantity(source, (item.position?.start.offset ?? 0) + 1);
  });
  const Element = list.ordered === true ? 'ol' : 'ul';
  return (
    // Safari takes a list without bullets for none.
    <Element role="list" dir="auto" className={bulleted ? 'prose-bullets' : undefined}>
      {list.children.map((item, index) => (
        <Fragment key={index}>
          {index > 0 && '\n'}
          <li dir="auto">
            {drawAll(item.children, drawing, itemMark(item, bulleted ? '' : (marks[index] ?? '')))}
          </li>
        </Fragment>
      ))}
    </Element>
  );
}

function itemMark({ checked }: ListItem, mark: string): ReactNode {
  const box = typeof checked === 'boolean' ? (checked ? '☑' : '☐') : '';
  const shown = [/^[-*]$/.test(mark) && box !== '' ? '' : mark, box].filter(Boolean).join(' ');
  return shown === '' ? null : <span className="prose-mark">{`${shown} `}</span>;
}

function drawTable(table: Table, drawing: Drawing): ReactNode {
  // One column needs no bars: `5:1` over `:-` would be a table.
  const literal = sourceOf(table, drawing.source);
  if (!literal.includes('|')) return <p dir="auto">{isolated(literal, drawing.rightToLeft)}</p>;
  const [head, ...rows] = table.children;
  const columns = Math.max(...table.children.map((row) => row.children.length));
  const cells = (row: Table['children'][number] | undefined, Cell: 'th' | 'td'): ReactNode => (
    <tr>
      {/* A short row is filled up; what a long one has too much is shown as well. */}
      {Array.from({ length: columns }, (_, column) => (
        <Cell key={column} dir="auto" style={styleOf(table.align?.[column])}>
          {drawText(row?.children[column]?.children ?? [], drawing)}
        </Cell>
      ))}
    </tr>
  );
  return (
    <Scrollable label="Table">
      <table dir="auto">
        <thead>{cells(head, 'th')}</thead>
        <tbody>
          {rows.map((row, index) => (
            <Fragment key={index}>{cells(row, 'td')}</Fragment>
          ))}
        </tbody>
      </table>
    </Scrollable>
  );
}

function styleOf(align: string | null | undefined): { textAlign: 'left' | 'right' | 'center' } | undefined {
  return align === 'left' || align === 'right' || align === 'center' ? { textAlign: align } : undefined;
}

function drawLink(node: Extract<Nodes, { type: 'link' }>, drawing: Drawing): ReactNode {
  // An address in the text of a link leads where the link does.
  if (drawing.inLink === true) return drawText(node.children, drawing);
  const children = drawText(node.children, { ...drawing, inLink: true });
  const literal = sourceOf(node, drawing.source);
  const safe = safeHref(node.url);
  if (safe === null) {
    // `<pH:7.4>` is an address by form only; of a refused one all of it can be read.
    return literal.startsWith('[') || literal.startsWith('<') ? (
      isolated(literal, drawing.rightToLeft)
    ) : (
      <span>{children}</span>
    );
  }
  if (literal.startsWith('<'))
    return (
      <>
        {'<'}
        {anchor(safe, children, '')}
        {'>'}
      </>
    );
  const destination = destinationShown(
    safe,
    node.children.map((child) => sourceOf(child, drawing.source)).join(''),
  );
  return anchor(safe, children, [destination, node.title].filter(Boolean).join(', '));
}

/** @param beside where the link leads, if its text does not say so. */
function anchor(href: string, children: ReactNode, beside: string): ReactNode {
  return (
    <OutsideLink href={href}>
      {children}
      <span className="prose-host">
        {beside !== '' && ` (${beside})`}
        <span aria-hidden>{' ↗'}</span>
        <span className="sr-only">, opens in a new tab</span>
      </span>
    </OutsideLink>
  );
}
