/** From text to a file in a person's hands: a download, or the system's share sheet. */

import { requireExports } from '../../preferences/site-policy.ts';
import { nextTurn } from '../../lib/worker/next-turn.ts';

/** Longer without a turn for the page's own events is felt. */
export const TURN_MS = 30;

/** Gathers text into a Blob piece by piece, so that a large export is never one string, nor the page held up by it. */
export async function toFile(
  pieces: AsyncIterable<string> | Iterable<string>,
  name: string,
  type: string,
): Promise<File> {
  const blobs: Blob[] = [];
  let held: string[] = [];
  let characters = 0;
  let turn = performance.now();
  for await (const piece of pieces) {
    held.push(piece);
    characters += piece.length;
    // Blobs beyond a size live on disk in Chromium; strings don't.
    if (characters > 4_000_000) {
      blobs.push(new Blob(held));
      held = [];
      characters = 0;
    }
    if (performance.now() - turn > TURN_MS) {
      await nextTurn();
      turn = performance.now();
    }
  }
  return new File([...blobs, ...held], name, { type });
}

/** Every file that leaves goes through here, and so does the site's rule. @throws AppError `policy/forbidden` */
export function download(file: File): void {
  requireExports();
  const url = URL.createObjectURL(file);
  const anchor = document.createElement('a');
  anchor.href = url;
  anchor.download = file.name;
  anchor.click();
  // The download has taken its own hold of the data by the time this task ends.
  setTimeout(() => {
    URL.revokeObjectURL(url);
  }, 60_000);
}

/** Whether the system's share sheet takes this file. */
export function canShare(file: File): boolean {
  return typeof navigator.canShare === 'function' && navigator.canShare({ files: [file] });
}
