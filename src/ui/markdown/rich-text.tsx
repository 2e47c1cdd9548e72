import type { Root } from 'mdast';
import { Component, memo, useContext, useEffect, useId, useMemo, useState, type ReactNode } from 'react';
import { runsRightToLeft } from '../bidi.tsx';
import { draw } from './draw.tsx';
import { PlainText } from './plain-text.tsx';
import { prepareBlock } from './blocks/prepare.ts';
import {
  createMessageBudget,
  MAX_MESSAGE_BLOCKS,
  MAX_MESSAGE_CHARACTERS,
  REFUSED_ELEMENTS,
  RenderBudgetContext,
  type RenderBudget,
} from './blocks/render-budget.ts';
import { GrowingBlocks, splitBlocks } from './blocks/split-blocks.ts';
import { useDrawnBlocks } from './blocks/use-drawn-blocks.ts';

export interface RichTextProps {
  readonly text: string;
  /** The text still grows at its end. */
  readonly streaming: boolean;
  /** Draw all of it at once, for files and paper; else long texts are drawn in turns. */
  readonly whole?: boolean;
}

/** Markdown, rendered inert: raw HTML is text, links are plain and marked, images are never requested. */
export default function RichText({ text, streaming, whole = false }: RichTextProps) {
  const transcript = useContext(RenderBudgetContext);
  const budget = useMemo(() => createMessageBudget(transcript), [transcript]);
  const [growing] = useState(() => new GrowingBlocks());
  const source = useMemo(() => (/[\r\ufeff]/.test(text) ? normalised(text) : text), [text]);
  const head = source.length > MAX_MESSAGE_CHARACTERS ? cut(source) : source;
  const blocks = useMemo(
    () => (streaming ? growing.update(head) : splitBlocks(head)),
    [head, streaming, growing],
  );
  const drawable = blocks.length > MAX_MESSAGE_BLOCKS ? blocks.slice(0, MAX_MESSAGE_BLOCKS) : blocks;
  const drawn = useDrawnBlocks(drawable, whole || streaming);
  const waiting = blocks.slice(drawn).join('');
  return (
    <div className="prose">
      {blocks.slice(0, drawn).map((block, index) => (
        // Blocks are only ever appended, so their place is their identity.
        <Block key={index} text={block} budget={budget} streaming={streaming} />
      ))}
      {waiting !== '' && (
        <div>
          <PlainText text={waiting} />
        </div>
      )}
      {head.length < source.length && (
        <div>
          <PlainText text={source.slice(head.length)} />
        </div>
      )}
    </div>
  );
}

/** One kind of line end, and no byte order mark, so that places in the text are places in what the parser saw. */
function normalised(text: string): string {
  return text.replace(/\r\n?/g, '\n').replace(/^\ufeff/, '');
}

function cut(source: string): string {
  const line = source.lastIndexOf('\n\n', MAX_MESSAGE_CHARACTERS);
  return source.slice(0, line > 0 ? line + 2 : MAX_MESSAGE_CHARACTERS);
}

interface BlockProps {
  readonly text: string;
  readonly budget: RenderBudget;
  readonly streaming: boolean;
}

/** @returns null where the text is to be shown as it was written. */
function affordable(text: string, budget: RenderBudget, key: string, streaming: boolean): Root | null {
  // Nothing is parsed that could not be drawn.
  if (!budget.spend(key, 1)) return null;
  const begun = performance.now();
  const prepared = prepareBlock(text);
  // A reply being written is parsed again with every word: only what is over counts.
  if (!streaming) budget.addTime(performance.now() - begun);
  const enough = budget.spend(key, prepared?.elements ?? REFUSED_ELEMENTS);
  return enough && prepared ? prepared.tree : null;
}

const Block = memo(
  function Block({ text, budget, streaming }: BlockProps) {
    const key = useId();
    const tree = useMemo(() => affordable(text, budget, key, streaming), [text, budget, key, streaming]);
    useEffect(
      () => () => {
        budget.release(key);
      },
      [budget, key],
    );
    if (!tree)
      return (
        <div>
          <PlainText text={text.replace(/\n+$/, '')} />
        </div>
      );
    return (
      <AsWrittenOnFault text={text}>
        <div>{draw(tree, text, runsRightToLeft(text))}</div>
      </AsWrittenOnFault>
    );
  },
  // The end of streaming changes nothing for what is drawn.
  (before, after) => before.text === after.text && before.budget === after.budget,
);

class AsWrittenOnFault extends Component<
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
