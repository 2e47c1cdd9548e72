import { lazy, Suspense } from 'react';
import { NoticeGate } from '../notice/notice-gate.tsx';
import { ScreenBoundary } from './screen-boundary.tsx';

async function loadShell() {
  const [{ underPolicy }, app] = await Promise.all([
    import('./policy/start-policy.tsx'),
    import('./shell/shell.tsx'),
  ]);
  return underPolicy(app);
}

let shell: ReturnType<typeof loadShell> | null = null;

/**
 * Fetched while the notice is read, with the site's rules: the notice is on screen after half of the code, and shares its line
 * with nothing. Not before it is asked for: where everything is erased, nothing of the app may run or write.
 */
export function fetchShell(): ReturnType<typeof loadShell> {
  if (shell === null) {
    shell = loadShell();
    // Shown by the boundary when it is needed, not before.
    shell.catch(() => undefined);
  }
  return shell;
}

const Shell = lazy(fetchShell);

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
