/** Finds a Chrome, Chromium or Edge on this machine, and installs one where there is none. */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { chromium } from '@playwright/test';

const CANDIDATES: Record<string, readonly string[]> = {
  linux: [
    '/usr/bin/chromium',
    '/usr/bin/chromium-browser',
    '/usr/bin/google-chrome',
    '/usr/bin/google-chrome-stable',
    '/opt/google/chrome/chrome',
    '/usr/bin/microsoft-edge',
    '/snap/bin/chromium',
  ],
  darwin: [
    '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
    '/Applications/Chromium.app/Contents/MacOS/Chromium',
    '/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge',
  ],
  win32: [
    'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
    'C:\\Program Files (x86)\\Google\\Chrome\\Application\\chrome.exe',
    'C:\\Program Files (x86)\\Microsoft\\Edge\\Application\\msedge.exe',
  ],
};

/** Set `BROWSER_PATH` to choose another browser than the first one found. @returns its path, or null. */
export function installedBrowser(): string | null {
  const chosen = process.env.BROWSER_PATH;
  if (chosen) {
    if (!existsSync(chosen)) throw new Error(`BROWSER_PATH=${chosen} does not exist`);
    return chosen;
  }
  const found = (CANDIDATES[process.platform] ?? []).find((path) => existsSync(path));
  if (found) return found;
  const own = chromium.executablePath();
  return existsSync(own) ? own : null;
}

export function isDebianRoot(): boolean {
  return process.getuid?.() === 0 && /^ID(_LIKE)?=.*debian/m.test(readOrEmpty('/etc/os-release'));
}

/** @returns the path of a browser; downloads or installs one first if need be. @throws Error with what to do by hand. */
export function ensureBrowser(): string {
  const found = installedBrowser();
  if (found) return found;
  if (isDebianRoot()) {
    console.log('No browser found: installing Debian’s chromium…');
    aptGet(['update']);
    aptGet(['install', '-y', '--no-install-recommends', 'chromium', 'fonts-dejavu-core']);
  } else {
    console.log('No browser found: downloading Chromium with Playwright…');
    spawnSync('npx', ['playwright', 'install', 'chromium'], {
      stdio: 'inherit',
      shell: process.platform === 'win32',
    });
  }
  const installed = installedBrowser();
  if (!installed) {
    throw new Error(
      'No browser could be installed. Install Chrome, Chromium or Edge, or set BROWSER_PATH, and run again.',
    );
  }
  return installed;
}

/** Runs apt-get quietly. @throws Error with its output when it fails. */
export function aptGet(args: readonly string[], cwd?: string): void {
  execFileSync('apt-get', ['-q', ...args], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    ...(cwd ? { cwd } : {}),
  });
}

/** @throws Error when the package is not installed. */
export function debianVersion(name: string): string {
  return execFileSync('dpkg-query', ['-W', '-f', '${Version}', name], { encoding: 'utf8' });
}

function readOrEmpty(path: string): string {
  return existsSync(path) ? readFileSync(path, 'utf8') : '';
}
