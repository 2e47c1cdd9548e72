import { lazy, Suspense } from 'react';
import type { ShownMessage } from '../../../database/records.ts';

const MessageDetails = lazy(() => import('./message-details.tsx'));

/** Provenance is looked at now and then: its panel is a chunk of its own. */
export function MessageDetailsSlot({ message }: { readonly message: ShownMessage }) {
  return (
    <Suspense fallback={<p className="mt-3 text-sm text-ink-muted">Opening…</p>}>
      <MessageDetails message={message} />
    </Suspense>
  );
}
