import { Check, Ellipsis, FolderPlus, ListChecks } from 'lucide-react';
import { lazy, Suspense, useState } from 'react';
import { classNames } from '../../ui/class-names.ts';
import { MenuButton } from '../../ui/menu/menu.tsx';
import { FolderDot } from './folder-dot.tsx';
import { useFolders } from './hooks.ts';
import { attempt, deleteFolderWithUndo } from './panel-actions.ts';
import { setFolder, setSelection, setSort, usePanel } from './panel-state.ts';
import type { Folder } from '../../database/records.ts';
import type { ConversationSort } from '../data/repository.ts';
import { conversationStore } from '../data/store.ts';

const FolderDialog = lazy(() => import('./folder-dialog.tsx'));
const SelectionBar = lazy(() => import('./selection-bar.tsx'));

const SORTS: readonly { readonly sort: ConversationSort; readonly label: string }[] = [
  { sort: 'updated', label: 'Sort by last change' },
  { sort: 'created', label: 'Sort by beginning' },
  { sort: 'title', label: 'Sort by title' },
];

/** Which chats the list shows and in what order; the folders. */
export function ListHeader() {
  const { list, selection } = usePanel();
  const folders = useFolders() ?? [];
  /** A folder to change, or `new`. */
  const [editing, setEditing] = useState<Folder | 'new' | null>(null);
  const { folder: shown } = list;
  const selected = folders.find((folder) => shown.kind === 'one' && shown.id === folder.id);

  return (
    <>
      {folders.length > 0 && (
        <ul
          aria-label="Folders"
          className="mb-2 max-h-44 shrink-0 overflow-y-auto border-b border-line px-1.5 pb-2"
        >
          <FolderRow
            name="All chats"
            colour={null}
            pressed={shown.kind === 'all'}
            onPress={() => {
              setFolder({ kind: 'all' });
            }}
          />
          {folders.map((folder) => (
            <FolderRow
              key={folder.id}
              name={folder.name}
              colour={folder.colour}
              pressed={folder === selected}
              onPress={() => {
                setFolder({ kind: 'one', id: folder.id });
              }}
              onEdit={() => {
                setEditing(folder);
              }}
              onDelete={() => {
                if (folder === selected) setFolder({ kind: 'all' });
                attempt(conversationStore().then((store) => deleteFolderWithUndo(store, folder)));
              }}
            />
          ))}
          <FolderRow
            name="In no folder"
            colour={null}
            pressed={shown.kind === 'none'}
            onPress={() => {
              setFolder({ kind: 'none' });
            }}
          />
        </ul>
      )}
      {selection ? (
        <Suspense fallback={null}>
          <SelectionBar selection={selection} />
        </Suspense>
      ) : (
        <div className="flex items-center justify-between pr-2.5 pl-4 text-xs font-medium text-ink-muted">
          <span className="truncate">
            {selected?.name ?? (shown.kind === 'none' ? 'Chats in no folder' : 'Chats')}
          </span>
          <MenuButton
            label="List options"
            icon={Ellipsis}
            size="small"
            tipAlign="end"
            items={[
              ...SORTS.map(({ sort, label }) => ({
                label: list.sort === sort ? `${label} (current)` : label,
                ...(list.sort === sort && { icon: Check }),
                onSelect: () => {
                  attempt(conversationStore().then((store) => setSort(store, sort)));
                },
              })),
              {
                label: 'New folder',
                icon: FolderPlus,
                onSelect: () => {
                  setEditing('new');
                },
              },
              {
                label: 'Select chats',
                icon: ListChecks,
                onSelect: () => {
                  setSelection([]);
                },
              },
            ]}
          />
        </div>
      )}
      {editing !== null && (
        <Suspense fallback={null}>
          <FolderDialog
            folder={editing === 'new' ? null : editing}
            onClose={() => {
              setEditing(null);
            }}
          />
        </Suspense>
      )}
    </>
  );
}

interface FolderRowProps {
  readonly name: string;
  readonly colour: string | null;
  readonly pressed: boolean;
  readonly onPress: () => void;
  readonly onEdit?: () => void;
  readonly onDelete?: () => void;
}

function FolderRow({ name, colour, pressed, onPress, onEdit, onDelete }: FolderRowProps) {
  return (
    <li className={classNames('flex h-9 items-center rounded-md pr-1', pressed && 'bg-accent-soft')}>
      <button
        type="button"
        aria-pressed={pressed}
        className={classNames(
          'flex h-full min-w-0 flex-1 items-center gap-2 rounded-md px-2.5 text-left',
          pressed ? 'text-accent-strong' : 'hover:bg-accent-soft',
        )}
        onClick={onPress}
      >
        {colour !== null && <FolderDot colour={colour} />}
        <span className="truncate">{name}</span>
      </button>
      {onEdit && onDelete && (
        <MenuButton
          label={`Actions for folder ${name}`}
          icon={Ellipsis}
          size="small"
          tipAlign="end"
          data-tip={undefined}
          items={[
            { label: 'Name and colour', onSelect: onEdit },
            { label: 'Delete folder', danger: true, onSelect: onDelete },
          ]}
        />
      )}
    </li>
  );
}
