import { lazy, Suspense } from 'react';
import { NoticeGate } from '../notice/notice-gate.tsx';
import { fetchShell } from './fetch-shell.ts';
import { ScreenBoundary } from './screen-boundary.tsx';

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
