/**
 * Who takes in a file that comes from outside: dropped on the page, or opened with the app. A new kind of file is one entry of
 * `TAKERS`. Nothing is sent, installed or loaded without a further press.
 */
import { create } from 'zustand';
import type { ChosenFile } from '../models/acquire/ways/acquisition-run.ts';
import { offerFiles } from '../models/screen/offered-files.ts';

/** Transcripts waiting for the import dialog. */
export const useLaunchedFiles = create<{ readonly transcripts: readonly File[] }>(() => ({
  transcripts: [],
}));

/** A file with the beginning of its text, by which kinds of the same ending are told apart. */
export interface Offered extends ChosenFile {
  readonly head: string;
}

/** @param go to a screen, e.g. `/models`. */
type Go = (path: string) => void;

export interface Taker {
  /** As a person calls such files. */
  readonly kind: string;
  readonly knows: (offered: Offered) => boolean;
  readonly take: (files: readonly ChosenFile[], go: Go) => void;
}

const HEAD_BYTES = 64 * 1024;
/** What lies in a folder of weights; alone, a `.json` is a chat. */
const WEIGHTS = /\.(gguf|safetensors|bin|pth?|wasm)$/i;

/** The first that knows a file takes it. What nobody knows goes to the import of chats, which says what it can read. */
export const TAKERS: readonly Taker[] = [
  {
    kind: 'model weights',
    knows: ({ path }) => WEIGHTS.test(path),
    take: (files, go) => {
      offerFiles(files);
      go('/models');
    },
  },
];

const CHATS: Taker = {
  kind: 'chats',
  knows: () => true,
  take: (files) => {
    useLaunchedFiles.setState({ transcripts: files.map(({ file }) => file) });
  },
};

/** What can be dropped, for a sentence. */
export const TAKEN_KINDS: readonly string[] = [CHATS, ...TAKERS].map(({ kind }) => kind);

/** By taker, in the order of the list. A folder goes as a whole to whoever knows one of its files. */
export async function sortFiles(
  files: readonly ChosenFile[],
  takers: readonly Taker[] = TAKERS,
): Promise<ReadonlyMap<Taker, readonly ChosenFile[]>> {
  const sorted = new Map<Taker, ChosenFile[]>();
  for (const group of groupsOf(files)) {
    const offered = await Promise.all(group.map(withHead));
    const whole =
      group.length > 1 ? takers.find((each) => offered.some((one) => each.knows(one))) : undefined;
    for (const [index, file] of group.entries()) {
      const one = offered[index];
      const taker = whole ?? takers.find((each) => one && each.knows(one)) ?? CHATS;
      sorted.set(taker, [...(sorted.get(taker) ?? []), file]);
    }
  }
  return sorted;
}

export async function takeFiles(files: readonly ChosenFile[], go: Go): Promise<void> {
  for (const [taker, own] of await sortFiles(files)) taker.take(own, go);
}

/** Files of one folder belong together, others stand alone. */
function groupsOf(files: readonly ChosenFile[]): readonly (readonly ChosenFile[])[] {
  const groups = new Map<string, ChosenFile[]>();
  for (const each of files) {
    const slash = each.path.indexOf('/');
    const name = slash < 0 ? `\0${String(groups.size)}` : each.path.slice(0, slash);
    groups.set(name, [...(groups.get(name) ?? []), each]);
  }
  return [...groups.values()];
}

async function withHead(file: ChosenFile): Promise<Offered> {
  // A folder, or a file that went away, can't be read: whoever takes it says so.
  const head = await file.file
    .slice(0, HEAD_BYTES)
    .text()
    .catch(() => '');
  return { ...file, head };
}
