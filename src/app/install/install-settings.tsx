import { Button } from '../../ui/button.tsx';
import { SettingsSection } from '../settings/section.tsx';
import { askToInstall, installWay, isStandalone, type InstallWay } from './install.ts';
import { useInstall } from './install-state.ts';

/** How to have the app as an app, in the words of this browser. */
export function InstallSettings() {
  const prompt = useInstall((state) => state.prompt);
  const installed = useInstall((state) => state.installed);
  const way = installWay({
    userAgent: navigator.userAgent,
    maxTouchPoints: navigator.maxTouchPoints,
    standalone: isStandalone(),
    installed,
    hasPrompt: prompt !== null,
  });
  return (
    <SettingsSection
      id="install"
      title="As an app"
      lead="Installed, it has a window of its own, opens transcripts and GGUF files from the file manager, and browsers keep its data more readily. Nothing else changes."
    >
      <p className="max-w-measure text-sm">{TEXTS[way]}</p>
      {way === 'prompt' && (
        <div>
          <Button size="small" onClick={() => void askToInstall()}>
            Install the app
          </Button>
        </div>
      )}
    </SettingsSection>
  );
}

const TEXTS: Record<InstallWay, string> = {
  'running-installed': 'This window is the installed app.',
  installed: 'Installed. You find it where your other apps are.',
  prompt: 'This browser can install it now.',
  ios: 'Press Share, then “Add to Home Screen”. On iPhone and iPad there is no other way, and no page can ask for it.',
  safari: 'Choose File, then “Add to Dock” (Safari 17 or later).',
  none: 'Firefox on computers installs no web apps. The page works the same, offline too.',
  'not-now':
    'The browser offers no installation now: the app is installed already, it was declined a short while ago, or this address is neither https nor localhost. Its menu may have “Install” all the same.',
};
