/**
 * The installed Chromium without its own windows and menus (Chromium's "headless shell"): the same pages, engine and storage at half
 * the processor time, since no toolbar and address bar are made and drawn for every page. Debian builds both from one source; the
 * package is unpacked beside the tests, and the system stays untouched.
 */
import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import { aptGet, debianVersion, ensureBrowser, isDebianRoot } from './browser.ts';

const CACHE = resolve(import.meta.dirname, '../../.cache');
const TARGET = join(CACHE, 'chromium-shell');
export const SHELL = 'chromium-headless-shell';
const CHROMIUM = '/usr/lib/chromium';

export interface TestBrowser {
  readonly path: string;
  /** Why it is the whole browser, which takes twice as long; null when it is the shell. */
  readonly whole: string | null;
}

/** @returns the headless shell of the installed Chromium, or the installed browser itself where there is no such shell. */
export function ensureHeadlessShell(): TestBrowser {
  const browser = ensureBrowser();
  const whole = (why: string): TestBrowser => ({ path: browser, whole: why });
  if (process.env.BROWSER_PATH) return whole('BROWSER_PATH is set');
  if (!existsSync(CHROMIUM) || !isDebianRoot()) {
    return whole(
      'the headless shell comes from Debian’s packages, as root; this machine is not Debian, or not root',
    );
  }
  const version = debianVersion('chromium');
  const stamp = join(TARGET, 'built-from');
  const failed = join(CACHE, 'chromium-shell-failed');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === version) {
    return { path: join(TARGET, SHELL), whole: null };
  }
  // Asked for once a version: every worker of a run comes here.
  if (existsSync(failed) && readFileSync(failed, 'utf8').startsWith(`${version}\n`)) {
    return whole(readFileSync(failed, 'utf8').slice(version.length + 1));
  }
  mkdirSync(CACHE, { recursive: true });
  try {
    unpack(version);
    return { path: join(TARGET, SHELL), whole: null };
  } catch (error) {
    const why = `the headless shell could not be unpacked: ${error instanceof Error ? error.message : String(error)}`;
    writeFileSync(failed, `${version}\n${why}`);
    return whole(why);
  }
}

/** What the shell has of its own beside the installed browser's files. */
export function shellFiles(): readonly string[] {
  return readdirSync(TARGET, { withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name !== 'built-from')
    .map((entry) => join(TARGET, entry.name));
}

/** Only the package of the same version fits: V8's snapshot and the resources are shared with the installed browser. */
function unpack(version: string): void {
  const work = mkdtempSync(join(CACHE, 'shell-'));
  try {
    download(`${SHELL}=${version}`, work);
    const deb = readdirSync(work).find((name) => name.endsWith('.deb'));
    if (!deb) throw new Error(`apt-get download left no ${SHELL} package`);
    execFileSync('dpkg-deb', ['--extract', join(work, deb), join(work, 'unpacked')]);
    const made = join(work, 'made');
    mkdirSync(made);
    for (const name of readdirSync(CHROMIUM)) symlinkSync(join(CHROMIUM, name), join(made, name));
    const own = join(work, 'unpacked', CHROMIUM);
    for (const name of readdirSync(own)) {
      // A link would be written through.
      rmSync(join(made, name), { force: true });
      copyFileSync(join(own, name), join(made, name));
    }
    const says = execFileSync(join(made, SHELL), ['--no-sandbox', '--version'], { encoding: 'utf8' });
    if (!version.startsWith(/[\d.]+/.exec(says)?.[0] ?? 'none'))
      throw new Error(`it says it is ${says.trim()}`);
    writeFileSync(join(made, 'built-from'), version);
    rmSync(TARGET, { recursive: true, force: true });
    renameSync(made, TARGET);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function download(name: string, folder: string): void {
  try {
    aptGet(['download', name], folder);
  } catch {
    // The lists of a fresh image are empty.
    aptGet(['update']);
    aptGet(['download', name], folder);
  }
}
