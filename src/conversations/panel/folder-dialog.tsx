import { useState } from 'react';
import { Button } from '../../ui/button.tsx';
import { classNames } from '../../ui/class-names.ts';
import { Dialog } from '../../ui/dialog.tsx';
import { TextField } from '../../ui/field.tsx';
import { FolderDot } from './folder-dot.tsx';
import { changeFolder, createFolder, FOLDER_COLOURS, type FolderColour } from '../data/folders.ts';
import { attempt } from './panel-actions.ts';
import type { Folder } from '../../database/records.ts';
import { conversationStore } from '../data/store.ts';

export interface FolderDialogProps {
  /** null makes a new one. */
  readonly folder: Folder | null;
  readonly onClose: () => void;
}

export default function FolderDialog({ folder, onClose }: FolderDialogProps) {
  const [name, setName] = useState(folder?.name ?? '');
  const [colour, setColour] = useState<FolderColour>(
    FOLDER_COLOURS.find((known) => known === folder?.colour) ?? 'grey',
  );
  const save = async (): Promise<void> => {
    const store = await conversationStore();
    if (folder) await changeFolder(store, folder.id, { name, colour });
    else await createFolder(store, name, colour);
  };
  return (
    <Dialog open title={folder ? 'Folder' : 'New folder'} onClose={onClose}>
      <form
        className="grid gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          attempt(save());
          onClose();
        }}
      >
        <TextField
          label="Name"
          value={name}
          maxLength={200}
          required
          onChange={(event) => {
            setName(event.currentTarget.value);
          }}
        />
        <fieldset>
          <legend className="mb-1 text-sm font-medium">Colour</legend>
          <div className="flex flex-wrap gap-1.5">
            {FOLDER_COLOURS.map((known) => (
              <label
                key={known}
                className={classNames(
                  'flex min-h-10 items-center gap-2 rounded-md border px-3 text-sm capitalize has-focus-visible:outline-2 has-focus-visible:outline-accent',
                  known === colour ? 'border-accent bg-accent-soft' : 'border-line',
                )}
              >
                <input
                  type="radio"
                  name="colour"
                  value={known}
                  checked={known === colour}
                  className="sr-only"
                  onChange={() => {
                    setColour(known);
                  }}
                />
                <FolderDot colour={known} />
                {known}
              </label>
            ))}
          </div>
        </fieldset>
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" look="primary">
            {folder ? 'Save' : 'Create folder'}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
