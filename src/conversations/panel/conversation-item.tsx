import { Copy, CopyPlus, Ellipsis, FolderInput, ListChecks, Pencil, Pin, PinOff, Trash2 } from 'lucide-react';
import { lazy, Suspense, useEffect, useId, useRef, useState } from 'react';
import { formatDay } from '../../lib/format.ts';
import { classNames } from '../../ui/class-names.ts';
import { isolated } from '../../ui/bidi.tsx';
import { isOfInputMethod } from '../../ui/input-method.ts';
import { MenuButton } from '../../ui/menu/menu.tsx';
import { FolderDot } from './folder-dot.tsx';
import { attempt, deleteWithUndo } from './panel-actions.ts';
import { setSelection, toggleSelected, usePanel } from './panel-state.ts';
import type { Conversation, Folder } from '../../database/records.ts';
import { changeConversation, renameConversation } from '../data/repository.ts';
import { conversationStore } from '../data/store.ts';

const MoveDialog = lazy(() => import('./move-dialog.tsx'));

export interface ConversationItemProps {
  readonly conversation: Conversation;
  readonly folder: Folder | null;
  readonly current: boolean;
  /** Whether Tab stops here. */
  readonly reachable: boolean;
  readonly takeFocus: boolean;
  readonly open: (conversationId: string | null) => void;
}

/** One chat in the list: its title leads to it, a menu does the rest. */
export function ConversationItem(props: ConversationItemProps) {
  const { conversation, folder, current, reachable, takeFocus, open } = props;
  const { id, title, pinned, createdAt, updatedAt } = conversation;
  const ids = useId();
  const sort = usePanel((state) => state.list.sort);
  const [renaming, setRenaming] = useState(false);
  const [moving, setMoving] = useState(false);
  const selection = usePanel((state) => state.selection);
  const link = useRef<HTMLAnchorElement>(null);

  useEffect(() => {
    if (takeFocus) link.current?.focus({ preventScroll: true });
  }, [takeFocus]);

  const remove = async (): Promise<void> => {
    const store = await conversationStore();
    if (current) open(null);
    await deleteWithUndo(store, [{ id, title }], () => {
      if (current) open(id);
    });
  };

  const clone = async (messages: boolean): Promise<void> => {
    const [store, { cloneConversation }] = await Promise.all([
      conversationStore(),
      import('../data/whole/clone.ts'),
    ]);
    open((await cloneConversation(store, id, { messages })).id);
  };

  if (renaming) {
    return (
      <TitleEditor
        title={title}
        onDone={(next) => {
          setRenaming(false);
          if (next !== null && next !== title) {
            attempt(conversationStore().then((store) => renameConversation(store, id, next)));
          }
          requestAnimationFrame(() => link.current?.focus());
        }}
      />
    );
  }
  return (
    <div
      className={classNames(
        'group/row relative flex h-12 items-center rounded-md',
        current ? 'bg-accent-soft text-accent-strong' : 'hover:bg-accent-soft',
      )}
    >
      {selection && (
        <input
          type="checkbox"
          aria-label={`Select ${title}`}
          checked={selection.includes(id)}
          tabIndex={reachable ? 0 : -1}
          className="ml-2 size-4 shrink-0"
          onChange={() => {
            toggleSelected(id);
          }}
        />
      )}
      <div className="relative h-full min-w-0 flex-1">
        <a
          ref={link}
          href={`#/c/${id}`}
          aria-current={current ? 'page' : undefined}
          aria-describedby={`${ids}-date`}
          tabIndex={reachable ? 0 : -1}
          className="flex h-full items-start gap-2 rounded-md px-2.5 pt-1.5"
          onKeyDown={(event) => {
            if (event.key === 'F2') setRenaming(true);
            else if (event.key === 'Delete') attempt(remove());
            else return;
            event.preventDefault();
          }}
        >
          {folder && <FolderDot colour={folder.colour} />}
          <span dir="auto" className="min-w-0 flex-1 truncate leading-5">
            {isolated(title)}
          </span>
        </a>
        {/* Beside the link, whose name is the title alone. */}
        <span
          id={`${ids}-date`}
          className="tabular pointer-events-none absolute bottom-1 left-2.5 flex items-center gap-1.5 text-xs leading-4 text-ink-muted"
        >
          {pinned && (
            <>
              <Pin aria-hidden className="size-3 shrink-0" strokeWidth={1.75} />
              <span className="sr-only">Pinned</span>
            </>
          )}
          {formatDay(sort === 'created' ? createdAt : updatedAt)}
        </span>
      </div>
      <MenuButton
        label={`Actions for ${title}`}
        icon={Ellipsis}
        size="small"
        tipAlign="end"
        tabIndex={reachable ? 0 : -1}
        // The tip would cover the next row.
        data-tip={undefined}
        // On a mouse it lies over the row only while wanted, so that a title has the whole width.
        className="pointer-fine:absolute pointer-fine:right-1 pointer-fine:bg-paper pointer-fine:opacity-0 pointer-fine:group-focus-within/row:opacity-100 pointer-fine:group-hover/row:opacity-100"
        items={[
          {
            label: 'Rename',
            icon: Pencil,
            onSelect: () => {
              // After the menu has given the focus back.
              setTimeout(() => {
                setRenaming(true);
              });
            },
          },
          {
            label: pinned ? 'Unpin' : 'Pin',
            icon: pinned ? PinOff : Pin,
            onSelect: () => {
              attempt(
                conversationStore().then((store) => changeConversation(store, id, { pinned: !pinned })),
              );
            },
          },
          {
            label: 'Move to folder',
            icon: FolderInput,
            onSelect: () => {
              setMoving(true);
            },
          },
          {
            label: 'Copy with its messages',
            icon: CopyPlus,
            onSelect: () => {
              attempt(clone(true));
            },
          },
          {
            label: 'New chat with its settings',
            icon: Copy,
            onSelect: () => {
              attempt(clone(false));
            },
          },
          {
            label: 'Select',
            icon: ListChecks,
            onSelect: () => {
              setSelection([id]);
            },
          },
          {
            label: 'Delete',
            icon: Trash2,
            danger: true,
            onSelect: () => {
              attempt(remove());
            },
          },
        ]}
      />
      {moving && (
        <Suspense fallback={null}>
          <MoveDialog
            conversations={[{ id, folderId: conversation.folderId }]}
            onClose={() => {
              setMoving(false);
            }}
          />
        </Suspense>
      )}
    </div>
  );
}

interface TitleEditorProps {
  readonly title: string;
  /** null: given up. */
  readonly onDone: (title: string | null) => void;
}

function TitleEditor({ title, onDone }: TitleEditorProps) {
  const [text, setText] = useState(title);
  const input = useRef<HTMLInputElement>(null);
  const done = useRef(false);
  useEffect(() => {
    input.current?.focus();
    input.current?.select();
  }, []);
  const finish = (next: string | null): void => {
    // Enter takes the field away, which blurs it: that must not count again.
    if (done.current) return;
    done.current = true;
    onDone(next);
  };
  return (
    <input
      ref={input}
      aria-label="Chat title"
      autoComplete="off"
      dir="auto"
      value={text}
      maxLength={200}
      className="h-10 w-full rounded-md border border-accent bg-surface px-2.5 text-sm text-ink"
      onChange={(event) => {
        setText(event.currentTarget.value);
      }}
      onBlur={() => {
        finish(text);
      }}
      onKeyDown={(event) => {
        if (event.key === 'Enter' && !isOfInputMethod(event)) finish(text);
        else if (event.key === 'Escape') finish(null);
        else return;
        event.preventDefault();
        event.stopPropagation();
      }}
    />
  );
}
