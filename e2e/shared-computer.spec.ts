/** A machine that others use, too: what is said to be gone is gone, and one tab takes nothing from another. */
import { expect, test, type BrowserContext, type Page } from '@playwright/test';
import { acceptNotice, ask, waitForModel } from './support/app.ts';
import { filesHolding, makeProfile, type Profile } from './support/profile.ts';
import { fileOf, importText, openWithoutModel, sampleChat, sourceOf } from './support/transcript-fixture.ts';

const box = (page: Page) => page.getByRole('textbox', { name: 'Message' });

/**
 * The disk's own logs (docs/threat-model.md): the files the browser keeps its databases in, which give freed bytes back when
 * they are written over or tidied.
 */
const DISK_LOGS = /(?:^|\/)(?:IndexedDB|Local Storage|Session Storage)\//;

async function openApp(context: BrowserContext, { model = true } = {}): Promise<Page> {
  const page = await context.newPage();
  if (!model) await page.route('**/models/demo/**', (request) => request.abort());
  await page.goto('/');
  await acceptNotice(page);
  return page;
}

async function inProfile(run: (profile: Profile) => Promise<void>): Promise<void> {
  const profile = await makeProfile();
  try {
    await run(profile);
  } finally {
    await profile.remove();
  }
}

test('after Erase everything no word of the session is in the browser’s profile, outside the disk’s own logs @browser', async () => {
  await inProfile(async (profile) => {
    const words = ['Zebrafinch', 'Quokkamark', 'Numbatword', 'Axolotlname', 'Pangolinshare'];
    const [asked = '', draft = '', title = '', folder = '', shared = ''] = words;
    let context = await profile.open();
    // Another app shares a text: the worker answers, and no address holds it.
    let page = await openApp(context);
    await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
    await expect
      .poll(() => page.evaluate(() => navigator.serviceWorker.controller !== null), { timeout: 60_000 })
      .toBe(true);
    const target = new URL('share-target', page.url().replace(/#.*$/, '')).href;
    const requests: string[] = [];
    page.on('request', (request) => requests.push(`${request.method()} ${request.url()}`));
    const sharing = await context.newPage();
    await sharing.setContent(
      `<form method="post" enctype="multipart/form-data" action="${target}"><input name="title" value=""><input name="text" value="${shared} text"><input name="url" value=""></form>`,
    );
    await sharing.evaluate(() => {
      document.querySelector('form')?.submit();
    });
    await acceptNotice(sharing);
    await expect(box(sharing)).toHaveValue(`${shared} text`);
    expect(sharing.url()).not.toContain('share');
    await expect.poll(() => sharing.evaluate(storedDrafts)).toEqual([`${shared} text`]);
    await sharing.close();

    await waitForModel(page);
    await ask(page, `What is a ${asked}?`);
    await expect(page).toHaveTitle('Chat · Meditron Web');
    const chats = page.getByRole('navigation', { name: 'Conversations' });
    await chats.getByRole('button', { name: 'List options' }).click();
    await page.getByRole('menuitem', { name: 'New folder' }).click();
    await page.getByRole('dialog').getByRole('textbox').fill(folder);
    await page.keyboard.press('Enter');
    await expect(chats.getByText(folder)).toBeVisible();
    await page.getByRole('searchbox', { name: 'Search conversations' }).fill(asked);
    await expect(chats.getByRole('link', { name: new RegExp(asked) }).first()).toBeVisible();
    await box(page).fill(`${draft}, half a thought`);
    const other = await openApp(context);
    // What the closed tab left, before anything is typed over it.
    await expect(box(other)).toHaveValue(`${shared} text`);
    await box(other).fill(`${title}, in another tab`);
    // On the disk, as what follows shows.
    await expect
      .poll(() => other.evaluate(storedDrafts))
      .toEqual(expect.arrayContaining([`${draft}, half a thought`, `${title}, in another tab`]));

    await page.getByRole('link', { name: 'Settings', exact: true }).click();
    await page.getByRole('button', { name: 'Erase everything…' }).click();
    await page
      .getByRole('dialog', { name: 'Erase everything?' })
      .getByRole('button', { name: 'Erase everything' })
      .click();
    await expect(page.getByRole('heading', { name: 'Everything is erased' })).toBeVisible({
      timeout: 60_000,
    });
    await expect(
      page.getByText('Left: 0 databases, 0 caches, 0 folders of files, 0 settings, 0 workers.'),
    ).toBeVisible();
    await expect(other.getByRole('heading', { name: 'Erased in another tab' })).toBeVisible();
    expect(requests.filter((line) => line.includes('share'))).toEqual([]);
    await context.close();

    const holding = await filesHolding(profile.folder, words);
    console.log(`files that still hold a word: ${holding.join(', ') || 'none'}`);
    expect(holding.filter((path) => !DISK_LOGS.test(path))).toEqual([]);

    // For whoever comes next there is nothing.
    context = await profile.open();
    page = await openApp(context);
    await expect(box(page)).toHaveValue('');
    await expect(page.getByRole('list', { name: 'Unsent text from another tab' })).toHaveCount(0);
    expect(await page.evaluate(storedDrafts)).toEqual([]);
    await context.close();
  });
});

test('drafts belong to a tab: another that sends takes nothing, and what a closed one left is offered', async () => {
  await inProfile(async (profile) => {
    // What belongs to a tab is in the page: no copy of the app is made for offline, and only tab A loads a model.
    const context = await profile.open([], { serviceWorkers: 'block' });
    const a = await openApp(context);
    await waitForModel(a);
    const b = await openApp(context, { model: false });
    await box(b).fill('Of tab B');
    await expect.poll(() => b.evaluate(storedDrafts)).toEqual(['Of tab B']);
    await ask(a, 'What is this app?');
    await b.reload();
    await expect(box(b)).toHaveValue('Of tab B');

    // B is closed, A drafts on: the next tab takes the newest up, and is offered the other.
    await b.close();
    await a.getByRole('button', { name: 'New chat' }).click();
    await expect(box(a)).toHaveValue('Of tab B');
    await box(a).fill('Of tab A');
    await expect.poll(() => a.evaluate(storedDrafts)).toEqual(['Of tab A']);
    const c = await openApp(context, { model: false });
    await expect(box(c)).toHaveValue('');
    await box(c).fill('Of tab C');
    await expect.poll(() => c.evaluate(storedDrafts)).toHaveLength(2);
    await a.close();
    await c.close();
    const d = await openApp(context, { model: false });
    await expect(box(d)).toHaveValue('Of tab C');
    const left = d.getByRole('list', { name: 'Unsent text from another tab' });
    await expect(left).toContainText('Of tab A');
    await left.getByRole('button', { name: 'Put it in the box' }).click();
    await expect(box(d)).toHaveValue('Of tab C\n\nOf tab A');
    await expect(left).toHaveCount(0);

    // Delete all chats is at once: closed in the same moment, nothing is there for the next person.
    await d.getByRole('link', { name: 'Settings', exact: true }).click();
    await d.getByRole('button', { name: 'Delete all chats…' }).click();
    const dialog = d.getByRole('dialog', { name: 'Delete all chats?' });
    await dialog.getByRole('button', { name: 'Delete all chats' }).click();
    await expect(dialog).toBeHidden();
    await d.close();
    const e = await openApp(context, { model: false });
    await expect(e.getByRole('navigation', { name: 'Conversations' })).toBeVisible();
    expect(await e.evaluate(rowCounts)).toEqual({});
    await expect(box(e)).toHaveValue('');
    await context.close();
  });
});

test('a link shows its whole address before it opens, and opens nothing offline; a cleared database is noticed', async ({
  page,
  context,
}) => {
  await openWithoutModel(page);
  const { conversation, messages } = sampleChat();
  const [question, reply] = messages;
  if (!question || !reply) throw new Error('the sample has changed');
  const address = 'https://collector.example/?words=what-you-typed';
  const chat = {
    conversation: { ...conversation, leafId: reply.id },
    messages: [question, { ...reply, text: `See [the guideline](${address}).` }],
  };
  await importText(page, 'sample.json', await fileOf(sourceOf(chat)));
  await page.goto('/#/c/sample');
  const opened: string[] = [];
  context.on('page', (popup) => opened.push(popup.url()));
  const link = page.getByRole('article', { name: 'Model' }).getByRole('link', { name: /the guideline/ });
  await link.click();
  const ask = page.getByRole('dialog', { name: 'Open this address?' });
  await expect(ask.getByText(address)).toBeVisible();
  await expect(ask.getByRole('link', { name: 'Open in a new tab' })).toHaveAttribute('href', address);
  await ask.getByRole('button', { name: 'Cancel' }).click();
  await link.click({ button: 'middle' });
  await expect(ask).toBeVisible();
  await ask.getByRole('button', { name: 'Cancel' }).click();

  await page.getByRole('link', { name: 'Settings', exact: true }).click();
  await page.getByRole('checkbox', { name: 'Offline only' }).click();
  await expect(page.getByRole('checkbox', { name: 'Offline only' })).toBeChecked();
  await page.getByRole('link', { name: 'Chat', exact: true }).click();
  await expect(link).not.toHaveAttribute('href');
  await link.focus();
  await page.keyboard.press('Enter');
  const shut = page.getByRole('dialog', { name: 'This link is not opened' });
  await expect(shut.getByText(address)).toBeVisible();
  await expect(shut.getByRole('link')).toHaveCount(0);
  await shut.getByRole('button', { name: 'Cancel' }).click();
  expect(opened).toEqual([]);

  // Somebody clears the site's data while the tab is open: the switch, the chat on screen and the draft are there again.
  await box(page).fill('Half a thought');
  await expect.poll(() => page.evaluate(storedDrafts)).toEqual(['Half a thought']);
  const devtools = await context.newCDPSession(page);
  await devtools.send('Storage.clearDataForOrigin', {
    origin: new URL(page.url()).origin,
    storageTypes: 'indexeddb,cache_storage',
  });
  await expect(page.getByRole('alert', { name: 'Cleared while open' })).toBeVisible({ timeout: 60_000 });
  await expect(page.getByRole('article', { name: 'Model' })).toContainText('See the guideline');
  await expect(box(page)).toHaveValue('Half a thought');
  await expect.poll(() => page.evaluate(() => caches.has('meditron-offline-only'))).toBe(true);
  await page.reload();
  await expect(page.getByRole('article', { name: 'Model' })).toContainText('See the guideline');
  await expect(box(page)).toHaveValue('Half a thought');
});

test('inside another page the app does not run, and says how to open it', async ({ page, baseURL }) => {
  await page.route('**/frame.html', (route) =>
    route.fulfill({
      contentType: 'text/html',
      body: `<iframe src="${baseURL ?? ''}" width=800 height=600></iframe>`,
    }),
  );
  // As from a host that sends no headers.
  await page.route(baseURL ?? '', async (route) => {
    const response = await route.fetch();
    const withheld = /^(content-security-policy|cross-origin-(embedder|opener|resource)-policy)$/;
    const headers = Object.fromEntries(
      Object.entries(response.headers()).filter(([name]) => !withheld.test(name)),
    );
    await route.fulfill({ response, headers });
  });
  await page.goto('http://elsewhere.example/frame.html');
  const frame = page.frameLocator('iframe');
  await expect(
    frame.getByRole('heading', { name: 'Meditron Web does not run inside another page' }),
  ).toBeVisible();
  await expect(frame.getByRole('button')).toHaveCount(0);
});

/** Texts in the table of drafts, past the app. */
function storedDrafts(): Promise<string[]> {
  return new Promise((done, fail) => {
    const opening = indexedDB.open('meditron');
    opening.onerror = () => {
      fail(new Error('the database did not open'));
    };
    opening.onsuccess = () => {
      const db = opening.result;
      if (!db.objectStoreNames.contains('drafts')) {
        db.close();
        done([]);
        return;
      }
      const all = db.transaction('drafts').objectStore('drafts').getAll();
      all.onsuccess = () => {
        db.close();
        done((all.result as { text: string }[]).map(({ text }) => text));
      };
    };
  });
}

/** Tables of chats that hold rows. */
function rowCounts(): Promise<Record<string, number>> {
  return new Promise((done, fail) => {
    const opening = indexedDB.open('meditron');
    opening.onerror = () => {
      fail(new Error('the database did not open'));
    };
    opening.onsuccess = () => {
      const db = opening.result;
      const names = [
        'conversations',
        'messages',
        'prompts',
        'partials',
        'drafts',
        'folders',
        'deletions',
        'searchLog',
        'searchSegments',
      ];
      const transaction = db.transaction(names);
      const counts: Record<string, number> = {};
      for (const name of names) {
        const request = transaction.objectStore(name).count();
        request.onsuccess = () => {
          if (request.result > 0) counts[name] = request.result;
        };
      }
      transaction.oncomplete = () => {
        db.close();
        done(counts);
      };
    };
  });
}
