/** Folders: a name and a colour chats are filed under. Deleting one is in `deletion.ts`. */
import { AppError } from '../../errors/app-error.ts';
import type { Folder } from '../../database/records.ts';
import { cleanTitle } from './rows.ts';
import { newId, type Store, write } from './store.ts';

/** Names, not values: the theme gives each a shade for light and dark. */
export const FOLDER_COLOURS = ['grey', 'red', 'orange', 'green', 'blue', 'violet'] as const;
export type FolderColour = (typeof FOLDER_COLOURS)[number];

/** By name. */
export async function listFolders(store: Store): Promise<Folder[]> {
  const folders = await store.db.folders.toArray();
  return folders.sort((a, b) => a.name.localeCompare(b.name) || a.createdAt - b.createdAt);
}

/** @throws AppError `storage/full`; an empty name becomes "New folder". */
export async function createFolder(
  store: Store,
  name: string,
  colour: FolderColour = 'grey',
): Promise<Folder> {
  const at = store.now();
  const folder: Folder = { id: newId(at), name: cleanTitle(name) || 'New folder', colour, createdAt: at };
  await write(store, () => store.db.folders.add(folder));
  return folder;
}

/** @throws AppError `conversation/not-found` when another tab deleted it. */
export async function changeFolder(
  store: Store,
  id: string,
  changes: {
    readonly name?: string;
    readonly colour?: FolderColour;
    /** null: its chats follow no preset because of it. */
    readonly presetId?: string | null;
  },
): Promise<void> {
  const name = changes.name === undefined ? '' : cleanTitle(changes.name);
  const { colour, presetId } = changes;
  const changed = await write(store, () =>
    store.db.folders.update(id, (folder) => {
      if (name) folder.name = name;
      if (colour) folder.colour = colour;
      if (presetId === null) delete folder.presetId;
      else if (presetId !== undefined) folder.presetId = presetId;
    }),
  );
  if (changed === 0 && !(await store.db.folders.get(id))) {
    throw new AppError('conversation/not-found', `No folder ${id}`);
  }
}
