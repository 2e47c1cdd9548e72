import { lazy, Suspense } from 'react';

const Conversations = lazy(() => import('./conversations-slot.tsx'));

export function SidePanel() {
  return (
    <Suspense fallback={<nav aria-label="Conversations" aria-busy="true" />}>
      <Conversations />
    </Suspense>
  );
}
