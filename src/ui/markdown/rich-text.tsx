import { Check, Copy } from 'lucide-react';
import { Component, memo, useId, useState, type ReactNode } from 'react';
import ReactMarkdown, { type Components } from 'react-markdown';
import remarkGfm from 'remark-gfm';
import remarkMath from 'remark-math';
import { IconButton } from '../button.tsx';
import { destinationShown, safeHref } from './links.ts';
import { Maths } from './maths.tsx';
import { normaliseMaths } from './maths-text.ts';
import { OutsideLink } from './outside-link.tsx';
import { PlainText } from './plain-text.tsx';
import { GrowingBlocks, hasDefinitions, splitBlocks } from './split-blocks.ts';
import { isTooMuch } from './too-much.ts';

const remarkPlugins = [remarkGfm, remarkMath];

export interface RichTextProps {
  readonly text: string;
  /** The text still grows at its end. */
  readonly streaming: boolean;
}

/** Markdown, rendered inert: raw HTML is text, links are plain and marked, images are never requested. */
export default function RichText({ text, streaming }: RichTextProps) {
  const [growing] = useState(() => new GrowingBlocks());
  const blocks = blocksOf(text, streaming, growing);
  return (
    <div className="prose">
      {blocks.map((block, index) => (
        // Blocks are only ever appended, so their place is their identity.
        <Block key={index} text={block} />
      ))}
    </div>
  );
}

/**
 * The beginning of a list, a rule or a table. As it stands it would underline the paragraph above and so make a heading of
 * it until the next token comes (https://spec.commonmark.org/0.31.2/#setext-headings).
 */
const UNDECIDED_LINE = /\n[> \t]*(?:-+|=+)[ \t]*$/;

function blocksOf(text: string, streaming: boolean, growing: GrowingBlocks): readonly string[] {
  if (streaming) return growing.update(text.replace(UNDECIDED_LINE, ''));
  return hasDefinitions(text) ? [text] : splitBlocks(text);
}

const Block = memo(function Block({ text }: { readonly text: string }) {
  // Names of footnotes stay apart between messages.
  const clobberPrefix = `${useId()}-`;
  if (isTooMuch(text)) return <PlainText text={text} />;
  return (
    <UnparsedOnFault text={text}>
      <div>
        <ReactMarkdown
          remarkPlugins={remarkPlugins}
          remarkRehypeOptions={{ clobberPrefix }}
          components={components}
          urlTransform={keepAddress}
        >
          {normaliseMaths(text)}
        </ReactMarkdown>
      </div>
    </UnparsedOnFault>
  );
});

/** Addresses are judged where they are drawn, so that a refused one can still be read. */
function keepAddress(address: string): string {
  return address;
}

class UnparsedOnFault extends Component<
  { readonly text: string; readonly children: ReactNode },
  { readonly faulty: boolean }
> {
  override state = { faulty: false };

  static getDerivedStateFromError(): { faulty: boolean } {
    return { faulty: true };
  }

  override render(): ReactNode {
    return this.state.faulty ? <PlainText text={this.props.text} /> : this.props.children;
  }
}

function heading(level: number) {
  // One level for all: a reply's "#" must not break the page's outline. Its own rank stays visible.
  return function Heading({ children, className }: { children?: ReactNode; className?: string | undefined }) {
    return (
      <h3 data-level={level} className={className}>
        {children}
      </h3>
    );
  };
}

const components: Components = {
  h1: heading(1),
  h2: heading(2),
  h3: heading(3),
  h4: heading(4),
  h5: heading(5),
  h6: heading(6),
  a: ({ href = '', children }) => {
    const text = textOf(children);
    if (href.startsWith('#')) return <span>{children}</span>;
    const safe = safeHref(href);
    if (safe === null) {
      return (
        <span>
          {children} {href !== '' && text !== href && <span className="prose-host">({href})</span>}
        </span>
      );
    }
    const destination = destinationShown(safe, text);
    return (
      <OutsideLink href={safe}>
        {children}
        <span className="prose-host">
          {destination !== '' && ` (${destination})`}
          <span aria-hidden>{' ↗'}</span>
          <span className="sr-only">, opens in a new tab</span>
        </span>
      </OutsideLink>
    );
  },
  img: ({ alt, src }) => (
    <span className="prose-host">
      [image not loaded{alt ? `: ${alt}` : ''}
      {typeof src === 'string' && src !== '' ? `, ${src.slice(0, 300)}` : ''}]
    </span>
  ),
  input: ({ checked }) => <span>{checked === true ? '☑' : '☐'}</span>,
  table: ({ children }) => (
    <Scrollable label="Table">
      <table>{children}</table>
    </Scrollable>
  ),
  pre: ({ children }) => <CodeBlock>{children}</CodeBlock>,
  code: ({ className, children }) => {
    if (className?.includes('math-inline') === true) return <Maths tex={textOf(children)} display={false} />;
    return <code className={className}>{children}</code>;
  },
};

function Scrollable({ label, children }: { readonly label: string; readonly children: ReactNode }) {
  return (
    // A wide table scrolls by keyboard only when it can be focused (axe: scrollable-region-focusable).
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- see above
    <div className="prose-scroll" role="group" aria-label={label} tabIndex={0}>
      {children}
    </div>
  );
}

function CodeBlock({ children }: { readonly children?: ReactNode }) {
  const [copied, setCopied] = useState(false);
  const code = textOf(children);
  if (isDisplayedMaths(children)) return <Maths tex={code.trim()} display />;
  return (
    <div className="prose-code">
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- long lines scroll by keyboard only when it can be focused */}
      <pre role="group" aria-label="Code" tabIndex={0}>
        {children}
      </pre>
      <IconButton
        label={copied ? 'Copied' : 'Copy code'}
        icon={copied ? Check : Copy}
        size="small"
        tipAlign="end"
        className="!absolute top-1 right-1 bg-sunken"
        onClick={() => {
          navigator.clipboard.writeText(code.replace(/\n$/, '')).then(
            () => {
              setCopied(true);
            },
            () => {
              // Refused: the code can still be selected by hand.
              setCopied(false);
            },
          );
        }}
      />
    </div>
  );
}

interface WithChildren {
  readonly props: { readonly className?: string; readonly children?: ReactNode };
}

function isElement(node: unknown): node is WithChildren {
  return typeof node === 'object' && node !== null && 'props' in node;
}

function isDisplayedMaths(children: ReactNode): boolean {
  const only = Array.isArray(children) ? (children.at(0) as ReactNode) : children;
  return isElement(only) && only.props.className?.includes('math-display') === true;
}

function textOf(node: ReactNode): string {
  if (typeof node === 'string' || typeof node === 'number') return String(node);
  if (Array.isArray(node)) return node.map((child: ReactNode) => textOf(child)).join('');
  return isElement(node) ? textOf(node.props.children) : '';
}
