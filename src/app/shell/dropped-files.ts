/** From a drop to files with their place in the dropped folder. */
import { MAX_FOLDER_FILES } from '../../models/screen/choose-files.ts';
import type { ChosenFile } from '../../models/acquire/ways/acquisition-run.ts';

/** Model folders are flat; deeper trees are something else. */
const DEEPEST = 4;

/**
 * Must be called while the drop event is handled: afterwards browsers take the files back.
 * @throws DOMException where a file can't be read.
 */
export async function droppedFiles(transfer: DataTransfer): Promise<readonly ChosenFile[]> {
  // Everywhere under this name: https://developer.mozilla.org/docs/Web/API/DataTransferItem/webkitGetAsEntry
  const entries = [...transfer.items].flatMap((item) => item.webkitGetAsEntry() ?? []);
  if (entries.length === 0) return [...transfer.files].map((file) => ({ path: file.name, file }));
  const found: ChosenFile[] = [];
  for (const entry of entries) await gather(entry, '', found);
  return found;
}

async function gather(entry: FileSystemEntry, folder: string, found: ChosenFile[]): Promise<void> {
  const path = folder + entry.name;
  if (found.length >= MAX_FOLDER_FILES || path.split('/').length > DEEPEST) return;
  if (isFile(entry)) {
    const file = await new Promise<File>((resolve, reject) => {
      entry.file(resolve, reject);
    });
    found.push({ path, file });
  } else if (isFolder(entry)) {
    const reader = entry.createReader();
    // A reader hands out a hundred at a time, and nothing at the end.
    for (;;) {
      const batch = await new Promise<FileSystemEntry[]>((resolve, reject) => {
        reader.readEntries(resolve, reject);
      });
      if (batch.length === 0) return;
      for (const each of batch) await gather(each, `${path}/`, found);
    }
  }
}

function isFile(entry: FileSystemEntry): entry is FileSystemFileEntry {
  return entry.isFile;
}

function isFolder(entry: FileSystemEntry): entry is FileSystemDirectoryEntry {
  return entry.isDirectory;
}
