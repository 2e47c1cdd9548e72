/** The page in which everything is erased: plain elements, since the app itself must not run. */
import { errorText } from '../../../errors/error-text.ts';
import { toAppError } from '../../../errors/app-error.ts';
import { doneErasing, type Erasing } from './asked.ts';
import { erase, type EraseSurroundings, type Left } from './erase.ts';

/** @param root of the page; its content is replaced. */
export async function runErasePage(root: HTMLElement, erasing: Erasing): Promise<void> {
  const main = document.createElement('main');
  main.className = 'mx-auto grid max-w-measure gap-3 px-5 py-10';
  root.replaceChildren(main);
  if (erasing === 'elsewhere') {
    doneErasing();
    say(main, 'Erased in another tab', [
      'Everything this app had stored is being removed by another tab. This one has let go of it.',
    ]);
    return;
  }
  say(main, 'Erasing…', []);
  try {
    const keepModels = erasing === 'all-but-models';
    const left = await erase(surroundings(globalThis, keepModels));
    say(main, isNothing(left) ? 'Everything is erased' : 'Not everything could be erased', [
      linesOf(left),
      keepModels ? 'Models were kept, as you asked.' : '',
      'Close this tab to leave nothing behind in it either. The browser’s own history may hold this page’s address, and the disk keeps freed bytes until it writes over them.',
    ]);
  } catch (thrown) {
    const { title, cause, action } = errorText(toAppError(thrown, 'storage/failed'));
    say(main, 'Not everything could be erased', [
      title,
      cause,
      action,
      'Clear the site’s data in the browser’s settings.',
    ]);
  }
  doneErasing();
}

/** Of these a page has but the database and the settings over plain http. */
type PageGlobals = Pick<typeof globalThis, 'indexedDB' | 'localStorage' | 'sessionStorage' | 'location'> & {
  readonly caches?: CacheStorage;
  readonly navigator: {
    readonly storage?: Partial<StorageManager>;
    readonly serviceWorker?: ServiceWorkerContainer;
  };
};

/** What of this page is to be erased. */
export function surroundings(page: PageGlobals, keepModels: boolean): EraseSurroundings {
  const { storage, serviceWorker } = page.navigator;
  const scope = new URL('./', page.location.href).href;
  return {
    indexedDB: page.indexedDB,
    caches: page.caches ?? null,
    files: storage?.getDirectory ? async () => (storage as StorageManager).getDirectory() : null,
    storages: [page.localStorage, page.sessionStorage],
    workers: async () => {
      const all = (await serviceWorker?.getRegistrations()) ?? [];
      return all.filter((worker) => worker.scope === scope);
    },
    scope,
    keepModels,
  };
}

function isNothing(left: Left): boolean {
  return Object.values(left).every((count) => count === 0);
}

/** e.g. "Left: 0 databases, 0 caches, 0 folders of files, 0 settings, 0 workers." */
function linesOf({ databases, caches: cached, files, settings, workers }: Left): string {
  return `Left: ${String(databases)} databases, ${String(cached)} caches, ${String(files)} folders of files, ${String(settings)} settings, ${String(workers)} workers.`;
}

function say(main: HTMLElement, title: string, lines: readonly string[]): void {
  const heading = document.createElement('h1');
  heading.className = 'font-serif text-xl font-semibold';
  heading.textContent = title;
  const paragraphs = lines
    .filter((line) => line !== '')
    .map((line) => {
      const paragraph = document.createElement('p');
      paragraph.textContent = line;
      return paragraph;
    });
  const again = document.createElement('a');
  again.className = 'text-accent underline';
  again.href = './';
  again.textContent = 'Start the app again';
  main.replaceChildren(heading, ...paragraphs, ...(lines.length > 0 ? [again] : []));
  main.setAttribute('role', 'status');
}
