import { FolderInput, ListChecks, Trash2, X } from 'lucide-react';
import { useState } from 'react';
import { IconButton } from '../../ui/button.tsx';
import MoveDialog from './move-dialog.tsx';
import { attempt, deleteWithUndo } from './panel-actions.ts';
import { setSelection, usePanel } from './panel-state.ts';
import { getConversation, listConversationIds } from '../data/repository.ts';
import { conversationStore } from '../data/store.ts';

/** What can be done with the chosen chats here; export is the panel's tools' business, which read the same selection. */
export default function SelectionBar({ selection }: { readonly selection: readonly string[] }) {
  const list = usePanel((state) => state.list);
  const [moving, setMoving] = useState<readonly { id: string; folderId: string | null }[] | null>(null);
  const chosen = async () => {
    const store = await conversationStore();
    const found = await Promise.all(selection.map((id) => getConversation(store, id)));
    return { store, chats: found.filter((chat) => chat !== undefined) };
  };
  return (
    <div className="flex items-center gap-0.5 pr-2 pl-4 text-xs font-medium">
      <span role="status" className="mr-auto">
        {selection.length} selected
      </span>
      <IconButton
        size="small"
        label="Select all in this list"
        icon={ListChecks}
        tipAlign="end"
        onClick={() => {
          attempt(
            conversationStore()
              .then((store) => listConversationIds(store, list))
              .then(setSelection),
          );
        }}
      />
      <IconButton
        size="small"
        label="Move selected to folder"
        icon={FolderInput}
        tipAlign="end"
        disabled={selection.length === 0}
        onClick={() => {
          attempt(
            chosen().then(({ chats }) => {
              setMoving(chats);
            }),
          );
        }}
      />
      <IconButton
        size="small"
        label="Delete selected"
        icon={Trash2}
        tipAlign="end"
        disabled={selection.length === 0}
        onClick={() => {
          attempt(
            chosen().then(async ({ store, chats }) => {
              await deleteWithUndo(store, chats);
              setSelection(null);
            }),
          );
        }}
      />
      <IconButton
        size="small"
        label="End selection"
        icon={X}
        tipAlign="end"
        onClick={() => {
          setSelection(null);
        }}
      />
      {moving && (
        <MoveDialog
          conversations={moving}
          onClose={() => {
            setMoving(null);
          }}
        />
      )}
    </div>
  );
}
