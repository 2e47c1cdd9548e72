import './app/security/trusted-types.ts';
import './network/egress-gate.ts';
import './app/opened-by-share.ts';
import { takeLinksOut } from './transcripts/share/arrived-link.ts';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import './ui/theme.css';
import { App, fetchShell } from './app/app.tsx';
import { erasingAsked } from './app/settings/erase/asked.ts';
import { startOffline } from './app/offline/start.ts';
import { followThemePreferences } from './app/theme.ts';
import { keepEgressLog } from './network/egress-log.ts';
import { firstPaint } from './lib/waiting/first-paint.ts';
import { whenStirred } from './lib/waiting/when-stirred.ts';

takeLinksOut();
const root = document.getElementById('root');
if (!root) throw new Error('index.html has no #root');
keepEgressLog();
followThemePreferences();
// The notice that is written into the page is on screen first, also where the scripts come at once.
void firstPaint().then(async () => {
  if (window.top !== window.self) {
    // Where a host sends no header that forbids it.
    (await import('./app/security/framed.ts')).refuseFrame(root);
    return;
  }
  const erasing = erasingAsked();
  if (erasing !== null) {
    await (await import('./app/settings/erase/erase-page.ts')).runErasePage(root, erasing);
    return;
  }
  createRoot(root).render(
    <StrictMode>
      <App />
    </StrictMode>,
  );
  // What runs before the notice is answered is the notice; a click that comes earlier fetches the rest itself.
  whenStirred(() => {
    void fetchShell();
  });
  startOffline();
});
