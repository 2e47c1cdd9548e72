import { lazy, Suspense } from 'react';
import { firstPaint } from '../lib/first-paint.ts';
import { NoticeGate } from '../notice/notice-gate.tsx';
import { ScreenBoundary } from './screen-boundary.tsx';

/**
 * Fetched while the notice is read, with the site's rules: the notice is on screen after half of the code, and shares its line
 * with nothing.
 */
const shell = firstPaint().then(async () => {
  const [{ underPolicy }, app] = await Promise.all([
    import('./policy/start-policy.tsx'),
    import('./shell/shell.tsx'),
  ]);
  return underPolicy(app);
});
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
