import { Router } from 'wouter';
import { useHashLocation } from 'wouter/use-hash-location';
import { NoticeGate } from '../notice/notice-gate.tsx';
import { Toaster } from '../ui/toast.tsx';
import { ScreenBoundary } from './screen-boundary.tsx';
import { Shell } from './shell.tsx';

export function App() {
  return (
    <ScreenBoundary place="app">
      <NoticeGate>
        <Router hook={useHashLocation}>
          <Shell />
        </Router>
        <Toaster />
      </NoticeGate>
    </ScreenBoundary>
  );
}
