/** Between the notice and the app: nothing of the app is drawn, and so nothing can be reached, while the screen is locked. */
import { lazy, Suspense, useEffect, useState, type ReactNode } from 'react';
import { beginDoor, useDoor } from '../../conversations/data/tab/door.ts';

const LockScreen = lazy(() => import('./lock-screen.tsx'));

export function LockGate({ children }: { readonly children: ReactNode }) {
  // Before the first drawing: what is behind must not be seen for a moment.
  useState(beginDoor);
  const phase = useDoor((state) => state.phase);
  useEffect(() => {
    // Without it nothing locks by itself: told as any part that did not come.
    void import('./watch.ts').then(({ startWatch }) => {
      startWatch();
    });
  }, []);
  if (phase === 'open') return children;
  return (
    <Suspense fallback={<main aria-busy="true" />}>
      <LockScreen choosing={phase === 'choose'} />
    </Suspense>
  );
}
