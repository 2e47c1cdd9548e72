/** Installing, once the code for it is needed. */
import { useInstall } from './install-state.ts';

export type InstallWay =
  /** This window is the installed app. */
  | 'running-installed'
  /** Installed from this tab just now. */
  | 'installed'
  /** The browser's dialog can be opened. */
  | 'prompt'
  /** Only the person can: Share, Add to Home Screen. */
  | 'ios'
  /** Only the person can: File, Add to Dock. */
  | 'safari'
  /** Desktop Firefox installs nothing. */
  | 'none'
  /** It could, but offers nothing now: installed already, dismissed before, or not a secure address. */
  | 'not-now';

export interface InstallSurroundings {
  readonly userAgent: string;
  /** iPads say that they are Macs, but no Mac has a touch screen. */
  readonly maxTouchPoints: number;
  readonly standalone: boolean;
  readonly installed: boolean;
  readonly hasPrompt: boolean;
}

export function installWay({
  userAgent,
  maxTouchPoints,
  standalone,
  installed,
  hasPrompt,
}: InstallSurroundings): InstallWay {
  if (standalone) return 'running-installed';
  if (installed) return 'installed';
  if (hasPrompt) return 'prompt';
  if (/iPhone|iPad|iPod/.test(userAgent) || (userAgent.includes('Macintosh') && maxTouchPoints > 1))
    return 'ios';
  if (userAgent.includes('Firefox/')) return userAgent.includes('Android') ? 'not-now' : 'none';
  if (userAgent.includes('Safari/') && !/Chrom(e|ium)\//.test(userAgent)) return 'safari';
  return 'not-now';
}

export function isStandalone(): boolean {
  return matchMedia('(display-mode: standalone)').matches;
}

/** Opens the browser's dialog. Each event opens one: afterwards the browser has to offer again. */
export async function askToInstall(): Promise<void> {
  const { prompt } = useInstall.getState();
  useInstall.setState({ prompt: null });
  const choice = await prompt?.prompt();
  if (choice?.outcome === 'accepted') useInstall.setState({ installed: true });
}
