import type { ReactNode } from 'react';
import { formatCount } from '../../lib/format.ts';
import { classNames } from '../../ui/class-names.ts';
import type { BlockView } from './measure.ts';

export type BlockKind = 'system' | 'example' | 'user' | 'assistant' | 'draft' | 'reply';

/** Beside a name, never instead of one. */
const COLOURS: Record<BlockKind, string> = {
  system: 'border-folder-violet',
  example: 'border-folder-orange',
  user: 'border-folder-blue',
  assistant: 'border-folder-green',
  draft: 'border-accent',
  reply: 'border-folder-grey',
};

export interface BlockProps {
  readonly kind: BlockKind;
  readonly name: string;
  /** null: not part of the prompt. */
  readonly block: BlockView | null;
  readonly actions?: ReactNode;
  /** In place of the text the model sees. */
  readonly children?: ReactNode;
  /** Only name and tokens. */
  readonly short?: boolean;
}

/** One piece of the prompt: where it comes from, its tokens, and the very text, with the format's own set back. */
export function Block({ kind, name, block, actions, children, short = false }: BlockProps) {
  const instead = children !== undefined && children !== null && children !== false;
  return (
    <div role="group" aria-label={name} className={classNames('border-l-3 pl-2.5', COLOURS[kind])}>
      <div className="flex min-h-8 flex-wrap items-center gap-x-2">
        <h3 className="text-xs font-semibold">{name}</h3>
        <span className="tabular text-xs text-ink-muted">
          {block
            ? `${formatCount(block.tokens)} ${block.tokens === 1 ? 'token' : 'tokens'}`
            : 'not in the prompt'}
        </span>
        {actions !== undefined && <span className="ml-auto flex items-center">{actions}</span>}
      </div>
      {instead
        ? children
        : block &&
          !short && (
            <p
              data-prompt-text
              dir="auto"
              className="font-mono text-xs leading-relaxed wrap-anywhere whitespace-pre-wrap"
            >
              {block.pieces.map(({ whose, text }, index) => (
                <span key={index} className={whose === 'format' ? 'text-ink-muted' : undefined}>
                  {text}
                </span>
              ))}
            </p>
          )}
    </div>
  );
}
