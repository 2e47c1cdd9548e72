import './app/trusted-types.ts';
import './network/egress-gate.ts';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import './ui/theme.css';
import { App } from './app/app.tsx';
import { startOffline } from './app/offline/start.ts';
import { followThemePreferences } from './app/theme.ts';
import { keepEgressLog } from './network/egress-log.ts';
import { firstPaint } from './lib/first-paint.ts';

const root = document.getElementById('root');
if (!root) throw new Error('index.html has no #root');
keepEgressLog();
followThemePreferences();
// The notice that is written into the page is on screen first, also where the scripts come at once.
void firstPaint().then(() => {
  createRoot(root).render(
    <StrictMode>
      <App />
    </StrictMode>,
  );
  startOffline();
});
