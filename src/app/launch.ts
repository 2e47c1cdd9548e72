/** What the system hands the app when it opens it: files from the file manager, text from another app's Share. */
import { getDraft, NEW_CHAT_DRAFT } from '../conversations/data/tab/drafts.ts';
import { conversationStore } from '../conversations/data/store.ts';
import { MOST_SHARED_CHARACTERS, type SharedParts } from './offline/share-target.ts';
import { offerText } from '../chat/session/offered-text.ts';
import { takeFiles } from './takers.ts';

/** The text of a share; empty when it holds none. */
export function sharedText(shared: SharedParts): string {
  const parts = [shared.title, shared.text, shared.url].flatMap((part) => {
    const value = part.trim();
    return value === '' ? [] : [value];
  });
  // Many apps put the title, or the address, into the text again.
  const once = parts.filter(
    (part, index) =>
      !parts.some((other, at) => at !== index && other.includes(part) && (other !== part || at < index)),
  );
  return once.join('\n').slice(0, MOST_SHARED_CHARACTERS);
}

/** https://wicg.github.io/web-app-launch/ */
interface LaunchQueue {
  setConsumer(consumer: (params: { readonly files?: readonly FileSystemFileHandle[] }) => void): void;
}

/**
 * Takes what waits, and whatever comes later. Nothing is sent, imported as a model or loaded without a further press.
 * @param go to a screen, e.g. `/models`.
 */
export async function takeLaunch(go: (path: string) => void): Promise<void> {
  if ('launchQueue' in window) {
    (window.launchQueue as LaunchQueue).setConsumer(({ files = [] }) => {
      void Promise.all(files.map((handle) => handle.getFile())).then((opened) =>
        takeFiles(
          opened.map((file) => ({ path: file.name, file })),
          go,
        ),
      );
    });
  }
  // Not from the top: it looks at the address when it is loaded, which is at the page's start.
  const { openedByShare } = await import('./opened-by-share.ts');
  if (!openedByShare) return;
  const shared = await (await import('./arrived-share.ts')).arrivedShare;
  const text = shared ? sharedText(shared) : '';
  if (text === '') return;
  const draft = await getDraft(await conversationStore(), NEW_CHAT_DRAFT);
  offerText({ text, draft });
  go('/');
}
