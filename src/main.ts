import './app/security/trusted-types.ts';
import './network/egress-gate.ts';
import './app/opened-by-share.ts';
import { takeLinksOut } from './transcripts/share/arrived-link.ts';
import './ui/theme.css';
import { fetchShell } from './app/fetch-shell.ts';
import { sayNotFetched } from './app/not-fetched.ts';
import { listenForInstallPrompt } from './app/install/install-state.ts';
import { erasingAsked } from './app/settings/erase/asked.ts';
import { startOffline } from './app/offline/start.ts';
import { followThemePreferences } from './app/theme.ts';
import { keepEgressLog } from './network/egress-log.ts';
import { whenLoaded } from './lib/waiting/when-loaded.ts';
import { whenStirred } from './lib/waiting/when-stirred.ts';
import { nextTurn } from './lib/worker/next-turn.ts';
import { askWrittenNotice } from './notice/written-notice.ts';

takeLinksOut();
const root = document.getElementById('root');
const notice = document.querySelector('dialog');
if (!root || !notice) throw new Error('index.html has no #root, or no notice');
keepEgressLog();
followThemePreferences();
listenForInstallPrompt();
void start(root, notice);

/** What runs before the notice is answered is the notice. */
async function start(place: HTMLElement, dialog: HTMLDialogElement): Promise<void> {
  // The modal is a layout of the whole notice: on a slow phone that and what has run so far would be one long task.
  await nextTurn();
  if (window.top !== window.self) {
    dialog.remove();
    // Where a host sends no header that forbids it.
    (await import('./app/security/framed.ts')).refuseFrame(place);
    return;
  }
  const erasing = erasingAsked();
  if (erasing !== null) {
    dialog.remove();
    await (await import('./app/settings/erase/erase-page.ts')).runErasePage(place, erasing);
    return;
  }
  const understood = askWrittenNotice(dialog);
  const drawing = () => import('./app/draw-app.tsx');
  // React when the page is at rest; the shell when a person stirs, and what is kept for offline after it. A click that comes
  // earlier fetches all of it itself.
  whenLoaded(() => {
    drawing().catch(() => undefined);
  });
  whenStirred(() => {
    drawing().catch(() => undefined);
    void fetchShell().finally(startOffline);
  });
  await understood;
  void fetchShell();
  await drawing().then(
    ({ drawApp }) => drawApp(place),
    () => sayNotFetched(place),
  );
}
