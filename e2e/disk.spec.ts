/**
 * What a disk can do to a database: the power is cut and the newest writes are not there, whole or in part; it is full for good.
 *
 * The long ones are not part of `npm test`: `npm run faults -- disk`; `CUTS=4 FAULT_SEED=7` cuts fewer times, or elsewhere.
 */
import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  readFileSync,
  statfsSync,
  truncateSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test, type Locator, type Page } from '@playwright/test';
import { acceptNotice } from './support/app.ts';
import { seeded, storedMessages } from './support/faults.ts';
import { makeProfile, type Profile } from './support/profile.ts';

const CUTS = Number(process.env.CUTS ?? 12);
const SEED = Number(process.env.FAULT_SEED ?? 20231127);
const WRITES = 6;
/** A text of more does not fit on the full disk. */
const ROOM_BYTES = 192 << 10;
/** Below what Chromium puts into a file of its own: the database's log takes it. So many do not fit. */
const INLINE = { characters: 20 << 10, chats: 40 };
const FULL = 'The browser’s storage is full';

const box = (page: Page) => page.getByRole('textbox', { name: 'Message' });
const panel = (page: Page) => page.getByRole('navigation', { name: 'Conversations' });

/** Of the database alone, whose log is cut: the app is not copied for offline at each start. */
const WITHOUT_COPY = { serviceWorkers: 'block' } as const;

/** A browser on the profile, with the app open. */
async function openOn(profile: Profile, options: Parameters<Profile['open']>[1] = {}): Promise<Page> {
  const context = await profile.open([], options);
  const page = context.pages()[0] ?? (await context.newPage());
  await openApp(page);
  return page;
}

async function openApp(page: Page): Promise<void> {
  // A model that writes meanwhile is no part of this.
  await page.route('**/models/**', (route) => route.abort());
  await page.goto('/');
  await acceptNotice(page);
  await expect(panel(page)).toBeVisible();
  await expect(box(page)).toBeVisible();
}

/** Chooses a file with a chat of one message for each text. @returns the dialog. */
async function chooseChats(page: Page, texts: readonly string[]): Promise<Locator> {
  const chats = texts.map((text) => JSON.stringify({ messages: [{ role: 'user', content: text }] }));
  await page.locator('input[type=file][accept*=jsonl]').setInputFiles({
    name: 'chats.jsonl',
    mimeType: 'application/jsonl',
    buffer: Buffer.from(chats.join('\n')),
  });
  return page.getByRole('dialog', { name: 'Import' });
}

async function importChat(page: Page, text: string): Promise<void> {
  const dialog = await chooseChats(page, [text]);
  await expect(dialog).toContainText('1 chat came in');
  await dialog.getByRole('button', { name: 'Done' }).click();
}

/** Chromium compresses what it stores: the same word a thousand times is as good as one. */
function noise(characters: number): string {
  const random = seeded(SEED);
  let text = '';
  while (text.length < characters) text += ` ${random().toString(36).slice(2)}`;
  return text.slice(0, characters);
}

/** The newest log of the origin's database: what was not yet moved into tables. */
function databaseLog(profile: string): string {
  const databases = join(profile, 'Default/IndexedDB');
  const folder = readdirSync(databases).find((name) => name.endsWith('.indexeddb.leveldb')) ?? '';
  const logs = readdirSync(join(databases, folder)).filter((name) => name.endsWith('.log'));
  return join(databases, folder, logs.sort().at(-1) ?? '');
}

/**
 * Writes chats, ends the browser, cuts the end of the database's log off, and looks at what is left in two starts: Chromium writes on
 * behind half a record, and deletes everything at the start after that (`src/database/fresh-log.ts`).
 * @param left how many bytes of the log stay, of all. @returns how many of the chats were left.
 */
async function cutPower(
  name: string,
  texts: readonly string[],
  left: (log: Buffer) => number,
): Promise<string> {
  const profile = await makeProfile();
  try {
    let page = await openOn(profile, WITHOUT_COPY);
    for (const text of texts) await importChat(page, text);
    profile.kill();
    const log = databaseLog(profile.folder);
    const whole = readFileSync(log);
    const bytes = left(whole);
    truncateSync(log, bytes);

    page = await openOn(profile, WITHOUT_COPY);
    const kept = (await storedMessages(page)).map(({ text }) => text);
    // What was written first is there first, every text to its last letter, nothing twice.
    expect(new Set(kept)).toEqual(new Set(texts.slice(0, kept.length)));
    await expect(panel(page).getByRole('link', { name: /^Cut/ })).toHaveCount(kept.length);
    // Where all of it is gone the app says so; anything else it says of the store would be wrong. The model that is kept away here
    // has an alert of its own.
    const alerts = page.getByRole('alert').filter({ hasText: /kept|stored|saved|cleared/i });
    const told = await alerts.allInnerTexts();
    if (kept.length > 0) expect(told).toEqual([]);
    else for (const text of told) expect(text).toContain('The browser cleared what this app had stored');
    // It goes on from there.
    await importChat(page, `After ${name}`);
    profile.kill();

    page = await openOn(profile, WITHOUT_COPY);
    const again = (await storedMessages(page)).map(({ text }) => text);
    expect(again.sort()).toEqual([...kept, `After ${name}`].sort());
    await expect(panel(page).getByRole('link', { name: /^(?:Cut|After)/ })).toHaveCount(kept.length + 1);
    await panel(page)
      .getByRole('link', { name: `After ${name}` })
      .click();
    await expect(page.getByRole('article', { name: 'You' })).toBeVisible();
    return `${String(bytes)} of ${String(whole.length)} bytes: ${String(kept.length)} of ${String(texts.length)}`;
  } finally {
    profile.kill();
    await profile.remove();
  }
}

test('a power cut in the middle of a write costs that write, at the next start and at the one after', async () => {
  const texts = ['Cut first', 'Cut second'];
  const inTheSecond = (log: Buffer): number => log.indexOf('Cut second') + 5;
  expect(await cutPower('the cut', texts, inTheSecond)).toMatch(/: 1 of 2$/);
});

test('@faults the power is cut and the end of the log is gone: what is left is whole, in order, and shown', async () => {
  test.setTimeout(CUTS * 120_000);
  const random = seeded(SEED);
  const rows: string[] = [];
  for (let cut = 1; cut <= CUTS; cut += 1) {
    await test.step(`cut ${String(cut)}`, async () => {
      // Long enough for several blocks of the log.
      const texts = Array.from(
        { length: WRITES },
        (_, n) =>
          `Cut ${String(cut)} write ${String(n)} ${'word '.repeat(20 + Math.floor(random() * 9000))}end`,
      );
      rows.push(await cutPower(`cut ${String(cut)}`, texts, ({ length }) => Math.floor(length * random())));
    });
  }
  console.log(`${String(CUTS)} power cuts, seed ${String(SEED)}: none half written\n  ${rows.join('\n  ')}`);
});

test('@faults on a disk that is full, what is typed stays on screen and is told as not kept; what was kept before is whole', async () => {
  test.skip(
    process.platform !== 'linux' || process.getuid?.() !== 0,
    'mounting a small file system needs root',
  );
  test.setTimeout(300_000);
  const mount = mkdtempSync(join(tmpdir(), 'meditron-disk-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=256m', 'tmpfs', mount], { stdio: 'pipe' });
  } catch (thrown) {
    rmSync(mount, { recursive: true });
    test.skip(true, `no file system can be mounted here: ${String(thrown)}`);
  }
  const profile = await makeProfile(mount);
  let filling: ReturnType<typeof setInterval> | undefined;
  try {
    let page = await openOn(profile);
    // Else the browser makes room on a full disk by clearing what it may: the chats of this app.
    const browser = await page.context().newCDPSession(page);
    await browser.send('Browser.grantPermissions', { permissions: ['durableStorage'] });
    expect(await page.evaluate(() => navigator.storage.persist())).toBe(true);
    await importChat(page, 'Kept before');
    // All but what the browser needs for a moment; it goes on writing files of its own.
    const filler = join(mount, 'filler');
    const free = (): number => {
      const { bavail, bsize } = statfsSync(mount);
      return bavail * bsize;
    };
    // The browser goes on writing, and clears what it has cached: piece by piece, looking anew each time.
    const fill = (): void => {
      for (let more = free() - ROOM_BYTES; more > 0; more = free() - ROOM_BYTES)
        appendFileSync(filler, Buffer.alloc(Math.min(more, more > 16 << 20 ? 8 << 20 : 4096)));
    };
    filling = setInterval(fill, 20);
    fill();

    const long = `Typed on a full disk ${noise(ROOM_BYTES + (64 << 10))}`;
    await box(page).fill(long);
    const full = page.getByRole('alert').filter({ hasText: FULL });
    await expect(full.first()).toBeVisible();
    await expect(box(page)).toHaveValue(long);

    // Much at once into the database itself.
    const texts = Array.from(
      { length: INLINE.chats },
      (__, n) => `Too much ${String(n)} ${noise(INLINE.characters)}`,
    );
    const dialog = await chooseChats(page, texts);
    await expect(dialog.getByRole('alert')).toContainText(FULL);
    await dialog.getByRole('button', { name: 'Done' }).click();

    clearInterval(filling);
    rmSync(filler);
    // In the same page there is room again, and the app writes on.
    await importChat(page, 'Kept with room');
    await expect(box(page)).toHaveValue(long);
    await expect(panel(page).getByRole('link', { name: /^Kept/ })).toHaveCount(2);

    // Of the many, those that had room; nothing in parts. At the second start, too: Chromium trusts more in the first.
    const whole = new Set(texts);
    for (const last of ['Kept after', 'Kept after that']) {
      profile.kill();
      page = await openOn(profile);
      await importChat(page, last);
      const stored = (await storedMessages(page)).map(({ text }) => text);
      expect(stored.filter((text) => !whole.has(text))).toEqual(
        expect.arrayContaining(['Kept before', 'Kept with room', last]),
      );
    }
  } finally {
    clearInterval(filling);
    profile.kill();
    execFileSync('umount', ['--lazy', mount]);
    rmSync(mount, { recursive: true, force: true });
  }
});
