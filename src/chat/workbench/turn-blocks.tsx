import { CircleSlash, Pin, PinOff } from 'lucide-react';
import type { ShownMessage } from '../../database/records.ts';
import { IconButton } from '../../ui/button.tsx';
import { Block } from './block.tsx';
import { DRAFT, type BlockView } from './measure.ts';

export interface TurnBlockProps {
  readonly id: string;
  readonly role: ShownMessage['role'];
  readonly block: BlockView;
  readonly short: boolean;
  readonly pinned: boolean;
  readonly onPin: (key: 'leftOut' | 'pinned', id: string, on: boolean) => void;
}

export function TurnBlock({ id, role, block, short, pinned, onPin }: TurnBlockProps) {
  if (id === DRAFT) return <Block kind="draft" name="What you type" block={block} short={short} />;
  const name = role === 'user' ? 'You' : 'Model';
  return (
    <Block
      kind={role}
      name={pinned ? `${name}, pinned` : name}
      block={block}
      short={short}
      actions={
        <>
          <IconButton
            size="small"
            label={pinned ? 'Unpin from the prompt' : 'Pin into the prompt'}
            icon={pinned ? PinOff : Pin}
            tipAlign="end"
            onClick={() => {
              onPin('pinned', id, !pinned);
            }}
          />
          <IconButton
            size="small"
            label="Leave out of the prompt"
            icon={CircleSlash}
            tipAlign="end"
            onClick={() => {
              onPin('leftOut', id, true);
            }}
          />
        </>
      }
    />
  );
}

export function ReplyBlock({ block }: { readonly block: BlockView }) {
  return <Block kind="reply" name="Here the reply begins" block={block} />;
}
