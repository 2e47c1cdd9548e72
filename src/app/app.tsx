import { lazy, Suspense } from 'react';
import { NoticeGate } from '../notice/notice-gate.tsx';
import { ScreenBoundary } from './screen-boundary.tsx';

/** No frame is painted in a tab in the background, which must get on all the same. */
const HIDDEN_TAB_MS = 500;

/** Resolves when the browser has painted what React rendered first. */
function firstPaint(): Promise<void> {
  return new Promise((done) => {
    requestAnimationFrame(() => setTimeout(done));
    setTimeout(done, HIDDEN_TAB_MS);
  });
}

/** Fetched while the notice is read: the notice is on screen after half of the code, and shares its line with nothing. */
const shell = firstPaint().then(() => import('./shell.tsx'));
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
