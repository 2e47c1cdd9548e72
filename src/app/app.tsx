import { lazy, Suspense } from 'react';
import { firstPaint } from '../lib/first-paint.ts';
import { NoticeGate } from '../notice/notice-gate.tsx';
import { ScreenBoundary } from './screen-boundary.tsx';

/** Fetched while the notice is read: the notice is on screen after half of the code, and shares its line with nothing. */
const shell = firstPaint().then(() => import('./shell/shell.tsx'));
const Shell = lazy(() => shell);
// Shown by the boundary when it is needed, not before.
shell.catch(() => undefined);

export function App() {
  return (
    <ScreenBoundary place="app">
      <NoticeGate>
        <Suspense fallback={null}>
          <Shell />
        </Suspense>
      </NoticeGate>
    </ScreenBoundary>
  );
}
