/** From the browser's file inputs to files with their place in the chosen folder. */
import type { ChosenFile } from '../acquire/ways/acquisition-run.ts';

/** A folder with more files than this is not a model's. */
export const MAX_FOLDER_FILES = 2000;

export function chosenFiles(list: FileList | null): readonly ChosenFile[] {
  return Array.from(list ?? [])
    .slice(0, MAX_FOLDER_FILES)
    .map((file) => ({ path: file.webkitRelativePath === '' ? file.name : file.webkitRelativePath, file }));
}
