import { Pencil, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { conversationStore } from '../../conversations/data/store.ts';
import { useLive } from '../../conversations/panel/hooks.ts';
import { attempt } from '../../conversations/panel/panel-actions.ts';
import { fillPlaceholders, placeholdersOf } from '../../prompts/placeholders.ts';
import { Button, IconButton } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { TextField } from '../../ui/field.tsx';
import { showToast } from '../../ui/feedback/toast.tsx';
import { deleteText, listSavedTexts, SAVED_TEXT_LIMITS, saveText, type SavedText } from './saved-texts.ts';

export interface LibraryDialogProps {
  /** What the message box holds, offered to be saved. */
  readonly draft: string;
  readonly onInsert: (text: string) => void;
  readonly onClose: () => void;
}

type View =
  | { readonly kind: 'list' }
  | { readonly kind: 'fill'; readonly text: SavedText; readonly names: readonly string[] }
  | { readonly kind: 'edit'; readonly text: SavedText | null };

/** Saved texts: put into the message box, their placeholders filled in on the way. */
export default function LibraryDialog({ draft, onInsert, onClose }: LibraryDialogProps) {
  const [view, setView] = useState<View>({ kind: 'list' });
  const toList = (): void => {
    setView({ kind: 'list' });
  };
  return (
    <Dialog open title="Saved texts" onClose={onClose}>
      {view.kind === 'list' ? (
        <List
          onChoose={(text) => {
            const names = placeholdersOf(text.text);
            if (names.length > 0) setView({ kind: 'fill', text, names });
            else onInsert(text.text);
          }}
          onEdit={(text) => {
            setView({ kind: 'edit', text });
          }}
        />
      ) : view.kind === 'fill' ? (
        <Fill text={view.text} names={view.names} onInsert={onInsert} onBack={toList} />
      ) : (
        <Edit text={view.text} draft={draft} onDone={toList} />
      )}
    </Dialog>
  );
}

function List({
  onChoose,
  onEdit,
}: {
  readonly onChoose: (text: SavedText) => void;
  readonly onEdit: (text: SavedText | null) => void;
}) {
  const texts = useLive('saved-texts', listSavedTexts);
  const [wanted, setWanted] = useState('');
  const found = texts?.filter(({ name, text }) =>
    `${name}\n${text}`.toLowerCase().includes(wanted.trim().toLowerCase()),
  );
  return (
    <div className="grid grid-cols-1 gap-3">
      {texts && texts.length > 5 && (
        <TextField
          label="Find"
          type="search"
          value={wanted}
          onChange={(event) => {
            setWanted(event.currentTarget.value);
          }}
        />
      )}
      {texts?.length === 0 && (
        <p className="text-sm text-ink-muted">
          Nothing is saved yet. A text may hold placeholders such as {'{topic}'}, which you fill in when you
          use it.
        </p>
      )}
      <ul aria-label="Saved texts" className="grid grid-cols-1">
        {found?.map((text) => (
          <li key={text.id} className="flex items-center gap-1 border-b border-line">
            <button
              type="button"
              className="min-w-0 flex-1 py-2 text-left hover:text-accent"
              onClick={() => {
                onChoose(text);
              }}
            >
              <span dir="auto" className="block truncate text-sm font-medium">
                {text.name}
              </span>
              <span dir="auto" className="line-clamp-2 block font-serif text-sm wrap-anywhere text-ink-muted">
                {text.text.slice(0, 300)}
              </span>
            </button>
            <IconButton
              size="small"
              label={`Edit ${text.name}`}
              icon={Pencil}
              tipAlign="end"
              onClick={() => {
                onEdit(text);
              }}
            />
            <IconButton
              size="small"
              label={`Delete ${text.name}`}
              icon={Trash2}
              tipAlign="end"
              onClick={() => {
                attempt(remove(text));
              }}
            />
          </li>
        ))}
      </ul>
      <div>
        <Button
          onClick={() => {
            onEdit(null);
          }}
        >
          Save a text
        </Button>
      </div>
    </div>
  );
}

function Fill({
  text,
  names,
  onInsert,
  onBack,
}: {
  readonly text: SavedText;
  readonly names: readonly string[];
  readonly onInsert: (text: string) => void;
  readonly onBack: () => void;
}) {
  const [values, setValues] = useState<ReadonlyMap<string, string>>(new Map());
  return (
    <form
      className="grid grid-cols-1 gap-3"
      onSubmit={(event) => {
        event.preventDefault();
        onInsert(fillPlaceholders(text.text, values));
      }}
    >
      {names.map((name, index) => (
        <TextField
          key={name}
          label={name}
          // oxlint-disable-next-line jsx-a11y/no-autofocus -- choosing the text asked for it
          autoFocus={index === 0}
          value={values.get(name) ?? ''}
          onChange={(event) => {
            setValues(new Map(values).set(name, event.currentTarget.value));
          }}
        />
      ))}
      <p
        dir="auto"
        className="border-l-3 border-line pl-3 font-serif text-sm wrap-anywhere whitespace-pre-wrap"
      >
        {fillPlaceholders(text.text, new Map([...values].filter(([, value]) => value !== '')))}
      </p>
      <div className="flex gap-2">
        <Button type="submit" look="primary">
          Insert
        </Button>
        <Button onClick={onBack}>Back</Button>
      </div>
    </form>
  );
}

function Edit({
  text,
  draft,
  onDone,
}: {
  readonly text: SavedText | null;
  readonly draft: string;
  readonly onDone: () => void;
}) {
  const [name, setName] = useState(text?.name ?? '');
  const [content, setContent] = useState(text?.text ?? draft);
  return (
    <form
      className="grid grid-cols-1 gap-3"
      onSubmit={(event) => {
        event.preventDefault();
        attempt(
          conversationStore()
            .then((store) => saveText(store, text?.id ?? null, name, content))
            .then(onDone),
        );
      }}
    >
      <TextField
        label="Name"
        hint="Empty: its beginning."
        value={name}
        maxLength={SAVED_TEXT_LIMITS.nameCharacters}
        onChange={(event) => {
          setName(event.currentTarget.value);
        }}
      />
      <label className="grid gap-1 text-sm font-medium">
        Text
        <textarea
          dir="auto"
          autoComplete="off"
          rows={4}
          required
          value={content}
          maxLength={SAVED_TEXT_LIMITS.textCharacters}
          className="field-sizing-content max-h-80 rounded-md border border-line-strong bg-surface px-3 py-2 font-serif text-base font-normal"
          onChange={(event) => {
            setContent(event.currentTarget.value);
          }}
        />
      </label>
      <p className="text-xs text-ink-muted">
        Words between braces are placeholders: {'{topic}'} is asked for when the text is used.
      </p>
      <div className="flex gap-2">
        <Button type="submit" look="primary">
          Save
        </Button>
        <Button onClick={onDone}>Back</Button>
      </div>
    </form>
  );
}

async function remove(text: SavedText): Promise<void> {
  const store = await conversationStore();
  await deleteText(store, text.id);
  showToast(`Deleted “${text.name}”`, {
    label: 'Undo',
    run: () => {
      attempt(saveText(store, text.id, text.name, text.text));
    },
  });
}
