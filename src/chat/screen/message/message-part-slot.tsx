import { lazy, Suspense } from 'react';
import type { ShownMessage } from '../../../database/records.ts';
import type { MessagePart } from './message-actions.tsx';

const MessageDetails = lazy(() => import('./message-details.tsx'));
const TokenView = lazy(() => import('../../tokens/token-view.tsx'));
const Compare = lazy(() => import('../../compare/compare.tsx'));

export interface MessagePartSlotProps {
  readonly part: MessagePart;
  readonly message: ShownMessage;
  readonly onClose: () => void;
}

/** Looked at now and then: each is a chunk of its own. */
export function MessagePartSlot({ part, message, onClose }: MessagePartSlotProps) {
  return (
    <Suspense fallback={<p className="mt-3 text-sm text-ink-muted">Opening…</p>}>
      {part === 'details' && <MessageDetails message={message} />}
      {part === 'tokens' && <TokenView message={message} />}
      {part === 'compare' && <Compare message={message} onClose={onClose} />}
    </Suspense>
  );
}
