import { useState } from 'react';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { TextField } from '../../ui/field.tsx';
import { createFolder } from '../data/folders.ts';
import { FolderDot } from './folder-dot.tsx';
import { useFolders } from './hooks.ts';
import { attempt } from './panel-actions.ts';
import { changeConversation } from '../data/repository.ts';
import { conversationStore, type Store } from '../data/store.ts';

export interface MoveDialogProps {
  readonly conversations: readonly { readonly id: string; readonly folderId: string | null }[];
  readonly onClose: () => void;
}

/** Files chats under a folder, an existing or a new one, or under none. */
export default function MoveDialog({ conversations, onClose }: MoveDialogProps) {
  const folders = useFolders() ?? [];
  const [name, setName] = useState('');
  const shared = conversations.every(({ folderId }) => folderId === conversations[0]?.folderId);
  const before = shared ? conversations[0]?.folderId : undefined;

  const move = (target: (store: Store) => Promise<string | null>): void => {
    const work = async (): Promise<void> => {
      const store = await conversationStore();
      const folderId = await target(store);
      for (const { id } of conversations) await changeConversation(store, id, { folderId });
    };
    attempt(work());
    onClose();
  };

  return (
    <Dialog open title="Move to folder" onClose={onClose}>
      <ul className="mb-4 grid gap-1">
        {[{ id: null, name: 'No folder', colour: null }, ...folders].map((folder) => (
          <li key={folder.id ?? ''}>
            <button
              type="button"
              aria-current={folder.id === before ? 'true' : undefined}
              className="flex min-h-10 w-full items-center gap-2 rounded-md px-3 text-left text-sm hover:bg-accent-soft aria-[current]:bg-accent-soft"
              onClick={() => {
                move(() => Promise.resolve(folder.id));
              }}
            >
              {folder.colour !== null && <FolderDot colour={folder.colour} />}
              <span className="truncate">{folder.name}</span>
            </button>
          </li>
        ))}
      </ul>
      <form
        className="flex items-end gap-2"
        onSubmit={(event) => {
          event.preventDefault();
          move(async (store) => (await createFolder(store, name)).id);
        }}
      >
        <div className="flex-1">
          <TextField
            label="Or a new folder"
            value={name}
            maxLength={200}
            required
            onChange={(event) => {
              setName(event.currentTarget.value);
            }}
          />
        </div>
        <Button type="submit">Create and move</Button>
      </form>
    </Dialog>
  );
}
