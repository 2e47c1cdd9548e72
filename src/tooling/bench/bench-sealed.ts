/**
 * What encryption costs: the same chats in two profiles, one of them encrypted, which take turns. Other work on the machine then
 * slows both of a pair; what is said is the median of the ratios, and of the times. The page's processor time, which waits for
 * nobody, is measured beside.
 */
import type { CDPSession, Page } from '@playwright/test';
import { note, openingTime, quantile, searchedWords, show } from './bench-conversations-parts.ts';

const LOOKING_MS = 2000;
const PASSPHRASE = 'a passphrase for the bench';
const ROUNDS = {
  openings: 9,
  /** After the page was loaded anew: nothing has been opened before. */
  firstOpenings: 5,
  words: 12,
};

export interface Pair {
  readonly plain: number;
  readonly sealed: number;
  /** The median of the ratios of each pair. */
  readonly ratio: number;
  /** Of the least times: what is left when nothing else runs. */
  readonly ratioOfLeast: number;
  /** Medians of the processor time of the page's main thread, in milliseconds. */
  readonly cpu: { readonly plain: number; readonly sealed: number };
}

export interface SealedBench {
  readonly openMs: Pair;
  readonly firstOpenMs: Pair;
  readonly searchMs: Pair;
  readonly encryptSeconds: number;
}

export interface SealedSetup {
  readonly plain: Page;
  readonly sealed: Page;
  /** Of the bench's own script in the page, gone with every load. */
  readonly inPage: string;
  readonly longChatId: string;
  readonly words: readonly string[];
  readonly patienceMs: number;
  /** Fewer try the bench itself. */
  readonly rounds?: typeof ROUNDS;
}

export async function benchSealed(setup: SealedSetup): Promise<SealedBench> {
  const { plain, sealed, inPage, longChatId, rounds = ROUNDS } = setup;
  const encryptSeconds = await encrypt(sealed, setup.patienceMs);
  note(`encrypted in ${encryptSeconds.toFixed(0)} s; opening in turns`);
  for (const page of [plain, sealed]) {
    await page.goto(new URL('/', page.url()).href);
    await page.reload();
    await ready(page);
    await page.evaluate(inPage);
  }
  const openMs = await inTurns(rounds.openings, (page) => openingTime(page, longChatId), setup);
  note(`opening ${show(openMs)}; first opening`);
  const loadAnew = async (page: Page): Promise<void> => {
    await page.getByRole('button', { name: 'New chat' }).click();
    await page.reload();
    await ready(page);
    await page.evaluate(inPage);
    // As long as somebody takes to find a chat in the list.
    await page.waitForTimeout(LOOKING_MS);
  };
  const firstOpenMs = await inTurns(
    rounds.firstOpenings,
    (page) => openingTime(page, longChatId),
    setup,
    loadAnew,
  );
  note(`first opening ${show(firstOpenMs)}; searching`);
  const words = searchedWords(setup.words, rounds.words);
  let turn = 0;
  const wordOf = new Map<Page, number>();
  const search = async (page: Page): Promise<number> => {
    const n = wordOf.get(page) ?? 0;
    wordOf.set(page, n + 1);
    turn += 1;
    const times = await page.evaluate(
      (typed) => window.bench.search(typed),
      [words[n % rounds.words] ?? 'the'],
    );
    return quantile(times, 0.5);
  };
  const searchMs = await inTurns(rounds.words, search, setup);
  note(`searched ${String(turn)} words ${show(searchMs)}`);
  return { openMs, firstOpenMs, searchMs, encryptSeconds };
}

interface Timed {
  plain: number;
  sealed: number;
  cpu: { plain: number; sealed: number };
}

/** The first round warms the caches of both and does not count; who is first changes with every round. */
async function inTurns(
  rounds: number,
  measure: (page: Page) => Promise<number>,
  { plain, sealed }: SealedSetup,
  prepare: (page: Page) => Promise<void> = () => Promise.resolve(),
): Promise<Pair> {
  const times: Timed[] = [];
  const sessions = new Map<Page, CDPSession>();
  for (const page of [plain, sealed]) {
    const session = await page.context().newCDPSession(page);
    await session.send('Performance.enable', { timeDomain: 'threadTicks' });
    sessions.set(page, session);
  }
  const cpuOf = async (page: Page): Promise<number> => {
    const found = await sessions.get(page)?.send('Performance.getMetrics');
    return (found?.metrics.find(({ name }) => name === 'ThreadTime')?.value ?? Number.NaN) * 1000;
  };
  for (let round = 0; round <= rounds; round += 1) {
    const time = { plain: 0, sealed: 0, cpu: { plain: 0, sealed: 0 } };
    for (const name of round % 2 === 0 ? (['plain', 'sealed'] as const) : (['sealed', 'plain'] as const)) {
      const page = name === 'plain' ? plain : sealed;
      await prepare(page);
      const before = await cpuOf(page);
      time[name] = await measure(page);
      time.cpu[name] = (await cpuOf(page)) - before;
    }
    if (round > 0) times.push(time);
  }
  for (const session of sessions.values()) await session.detach();
  const of = (name: 'plain' | 'sealed'): number[] => times.map((time) => time[name]);
  return {
    plain: quantile(of('plain'), 0.5),
    sealed: quantile(of('sealed'), 0.5),
    ratio: quantile(
      times.map((time) => time.sealed / time.plain),
      0.5,
    ),
    cpu: {
      plain: quantile(
        times.map(({ cpu }) => cpu.plain),
        0.5,
      ),
      sealed: quantile(
        times.map(({ cpu }) => cpu.sealed),
        0.5,
      ),
    },
    ratioOfLeast: Math.min(...of('sealed')) / Math.min(...of('plain')),
  };
}

/** Loaded anew, an encrypted page asks for its passphrase. */
async function ready(page: Page): Promise<void> {
  const chats = page.getByRole('navigation', { name: 'Conversations' });
  const field = page.getByLabel('Passphrase', { exact: true });
  const notice = page.getByRole('button', { name: 'I understand' });
  await chats.or(field).or(notice).first().waitFor();
  // A busy machine takes longer to let go of the page before than a reload waits: the notice is asked again then.
  if (await notice.isVisible()) {
    await notice.click();
    await chats.or(field).first().waitFor();
  }
  if (await field.isVisible()) {
    await field.fill(PASSPHRASE);
    await page.getByRole('button', { name: 'Unlock' }).click();
  }
  await chats.getByRole('link').first().waitFor();
}

/** Turns encryption on as a person does. @returns seconds it took. */
async function encrypt(page: Page, patienceMs: number): Promise<number> {
  await page.goto(new URL('#/settings/lock', page.url()).href);
  await page.getByRole('button', { name: 'Set a passphrase…' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('New passphrase').fill(PASSPHRASE);
  await dialog.getByLabel('The same again').fill(PASSPHRASE);
  await dialog.getByRole('button', { name: 'Set it' }).click();
  await page.getByRole('button', { name: 'Turn encryption on…' }).click();
  await dialog.getByRole('checkbox').check();
  await dialog.getByLabel('Passphrase', { exact: true }).fill(PASSPHRASE);
  const started = Date.now();
  await dialog.getByRole('button', { name: 'Encrypt' }).click();
  // It stays until the last row is converted.
  await dialog.waitFor({ state: 'hidden', timeout: patienceMs });
  await page
    .getByRole('status', { name: 'Encryption' })
    .getByText('Encryption is on.')
    .waitFor({ timeout: patienceMs });
  return (Date.now() - started) / 1000;
}
