/** What buttons and menus of the panel do, with Undo and with failures told. */
import { showToast } from '../../ui/feedback/toast.tsx';
import { showErrorToast } from '../../ui/feedback/use-error-text.ts';
import { deleteConversation, deleteFolder, listUndoable, undoDeletion } from '../data/lifetime/deletion.ts';
import type { Folder } from '../../database/records.ts';
import type { Store } from '../data/store.ts';

/** Runs what a person asked for; a failure is told in passing. */
export function attempt(work: Promise<unknown>): void {
  work.catch((thrown: unknown) => {
    showErrorToast(thrown, 'storage/failed');
  });
}

export interface DeletedChat {
  readonly id: string;
  readonly title: string;
}

/** Deletes chats; one Undo brings all of them back. `onUndone` is called then. */
export async function deleteWithUndo(
  store: Store,
  chats: readonly DeletedChat[],
  onUndone: () => void = () => undefined,
): Promise<void> {
  const deletions: string[] = [];
  for (const { id } of chats) deletions.push(await deleteConversation(store, id));
  const [only] = chats;
  offerUndo(
    store,
    deletions,
    chats.length === 1 && only ? `Deleted “${only.title}”` : `Deleted ${chats.length} chats`,
    onUndone,
  );
}

export async function deleteFolderWithUndo(store: Store, folder: Folder): Promise<void> {
  const deletion = await deleteFolder(store, folder.id);
  if (deletion !== null)
    offerUndo(store, [deletion], `Deleted the folder “${folder.name}”; its chats are kept`);
}

/** Offers again what was deleted just before a reload. */
export async function offerPendingUndo(store: Store): Promise<void> {
  for (const { id, label } of await listUndoable(store)) offerUndo(store, [id], `Deleted “${label}”`);
}

function offerUndo(
  store: Store,
  deletions: readonly string[],
  text: string,
  onUndone: () => void = () => undefined,
): void {
  const undo = async (): Promise<void> => {
    let all = true;
    // The newest first: what was deleted last may lie inside what was deleted before.
    for (const id of deletions.toReversed()) all = (await undoDeletion(store, id)) && all;
    if (all) onUndone();
    else showToast('It is too late to undo this.');
  };
  showToast(text, {
    label: 'Undo',
    run: () => {
      attempt(undo());
    },
  });
}
