/** What the system hands the app when it opens it: files from the file manager, text from another app's Share. */
import { create } from 'zustand';
import { getDraft } from '../conversations/data/settings.ts';
import { NEW_CHAT_DRAFT } from '../conversations/data/repository.ts';
import { conversationStore } from '../conversations/data/store.ts';
import { offerFile } from '../models/screen/offered-file.ts';
import { offerText } from '../chat/session/offered-text.ts';

/** Transcripts waiting for the import dialog. */
export const useLaunchedFiles = create<{ readonly transcripts: readonly File[] }>(() => ({
  transcripts: [],
}));

/** A question in a message box; what is longer is a document, and its beginning serves. */
export const MOST_SHARED_CHARACTERS = 20_000;

/**
 * The text of a share, from the query the manifest's `share_target` names.
 * @returns null when the page was not opened by a share.
 */
export function sharedText(query: string): string | null {
  const parameters = new URLSearchParams(query);
  const parts = ['title', 'text', 'url'].flatMap((name) => {
    const value = parameters.get(name)?.trim() ?? '';
    return value === '' ? [] : [value];
  });
  // Many apps put the title, or the address, into the text again.
  const once = parts.filter(
    (part, index) =>
      !parts.some((other, at) => at !== index && other.includes(part) && (other !== part || at < index)),
  );
  return once.length === 0 ? null : once.join('\n').slice(0, MOST_SHARED_CHARACTERS);
}

export interface SortedFiles {
  readonly transcripts: readonly File[];
  readonly weights: readonly File[];
}

/** By their names; what is in them is checked by whoever reads them. */
export function sortFiles(files: readonly File[]): SortedFiles {
  const weights = files.filter(({ name }) => /\.gguf$/i.test(name));
  return { weights, transcripts: files.filter((file) => !weights.includes(file)) };
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
  const take = (files: readonly File[]): void => {
    const { transcripts, weights } = sortFiles(files);
    const [first] = weights;
    if (first) {
      offerFile({ path: first.name, file: first });
      go('/models');
    }
    if (transcripts.length > 0) useLaunchedFiles.setState({ transcripts });
  };
  if ('launchQueue' in window) {
    (window.launchQueue as LaunchQueue).setConsumer(({ files = [] }) => {
      void Promise.all(files.map((handle) => handle.getFile())).then(take);
    });
  }
  const text = sharedText(location.search);
  if (text === null) return;
  // A reload must not bring it again, and it should not stay in the address.
  history.replaceState(history.state, '', `${location.pathname}#/`);
  const draft = await getDraft(await conversationStore(), NEW_CHAT_DRAFT);
  offerText({ text, draft });
  go('/');
}
