/** Folders out of a file of the app's own: one that can't be read costs only itself. */
import { folderRecord, type Folder } from '../../../database/records.ts';
import { MAX_CHATS } from '../../format/limits.ts';
import type { Skipped } from '../read-result.ts';

/** Reads the folders of one file. */
export class FolderReader {
  private readonly ids = new Set<string>();

  /** @returns the folder, or why it is not taken. */
  read(value: unknown): Folder | string {
    const folder = folderRecord.safeParse(value);
    if (!folder.success) return 'it is not readable';
    if (this.ids.has(folder.data.id)) return 'another folder before it has the same id';
    if (this.ids.size >= MAX_CHATS) return `more than ${MAX_CHATS} folders`;
    this.ids.add(folder.data.id);
    return folder.data;
  }
}

/** The parsed file with the folders that can be read. */
export function withReadableFolders(value: unknown): {
  readonly value: unknown;
  readonly skipped: readonly Skipped[];
} {
  const skipped: Skipped[] = [];
  if (typeof value !== 'object' || value === null || !('folders' in value) || !Array.isArray(value.folders))
    return { value, skipped };
  const reader = new FolderReader();
  const folders: unknown[] = [];
  for (const each of value.folders as unknown[]) {
    const folder = reader.read(each);
    if (typeof folder === 'string') skipped.push({ what: 'a folder', why: folder });
    else folders.push(each);
  }
  return { value: skipped.length === 0 ? value : { ...value, folders }, skipped };
}
