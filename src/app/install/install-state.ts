/** What the browser said about installing the app: it says so once, early, and only to those who listen. */
import { create } from 'zustand';

/** Chromium's own event: https://developer.mozilla.org/docs/Web/API/BeforeInstallPromptEvent */
export interface InstallPrompt extends Event {
  prompt(): Promise<{ readonly outcome: 'accepted' | 'dismissed' }>;
}

export interface InstallState {
  /** What opens the browser's own dialog; null: it offers none (yet, or at all). */
  readonly prompt: InstallPrompt | null;
  readonly installed: boolean;
}

export const useInstall = create<InstallState>(() => ({ prompt: null, installed: false }));

export function listenForInstallPrompt(): void {
  window.addEventListener('beforeinstallprompt', (event) => {
    // The browser's own banner would come at a moment nobody chose.
    event.preventDefault();
    useInstall.setState({ prompt: event as InstallPrompt });
  });
  window.addEventListener('appinstalled', () => {
    useInstall.setState({ prompt: null, installed: true });
  });
}
