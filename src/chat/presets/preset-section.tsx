import {
  Copy,
  Download,
  Ellipsis,
  FolderInput,
  Pencil,
  Save,
  Star,
  StarOff,
  Trash2,
  Upload,
} from 'lucide-react';
import { useId, useState } from 'react';
import { changeFolder } from '../../conversations/data/folders.ts';
import { conversationStore, type Store } from '../../conversations/data/store.ts';
import { attempt } from '../../conversations/panel/panel-actions.ts';
import { NO_PRESET, PRESET_LIMITS, type Preset } from '../../prompts/preset.ts';
import { download } from '../../transcripts/export/save-file.ts';
import { Button } from '../../ui/button.tsx';
import { Select, TextField } from '../../ui/field.tsx';
import { MenuButton } from '../../ui/menu/menu.tsx';
import type { MenuItem } from '../../ui/menu/menu-item.ts';
import { showToast } from '../../ui/feedback/toast.tsx';
import type { PromptSettings } from '../session/reply/prompting.ts';
import type { ChatSetup } from '../workbench/use-chat-setup.ts';
import { differences, NO_SETUP, withoutOwn, type Part } from './follow.ts';
import { presetFileName, readPresets, toAdd, writePresets } from './preset-file.ts';
import {
  copyOf,
  deletePreset,
  findPreset,
  isOwn,
  readShelf,
  savePreset,
  savePresets,
  setDefaultPreset,
} from './preset-store.ts';

const FOLLOW = '';

const PART_NAMES: Record<Part, string> = {
  promptFormat: 'format',
  systemText: 'system text',
  examples: 'examples',
  sampling: 'sampling',
  stops: 'stop texts',
  bannedTokens: 'banned tokens',
};

/** What a name is asked for. */
type Naming = { readonly preset: Preset; readonly use: boolean } | null;

/** Which preset the chat follows, where it differs, and what can be done with presets. */
export function PresetSection({
  chat,
  settings,
}: {
  readonly chat: ChatSetup;
  readonly settings: PromptSettings;
}) {
  const { follow, shelf, own, folder } = chat;
  const { preset, missing } = follow;
  const [naming, setNaming] = useState<Naming>(null);
  const fileId = useId();
  const differs = preset ? differences(own, preset) : [];
  const mine = preset !== null && !isOwn(preset.id);
  const choose = (id: string): void => {
    const clean = withoutOwn(own);
    chat.change({
      ...clean,
      promptSetup: { ...(clean.promptSetup ?? NO_SETUP), presetId: id === FOLLOW ? null : id },
    });
  };
  const asPreset = (base: Pick<Preset, 'id' | 'name' | 'about'>): Preset => fromChat(base, settings);
  return (
    <div className="grid grid-cols-1 gap-2">
      <div className="flex items-end gap-1">
        <div className="min-w-0 flex-1">
          <Select
            label="Preset"
            value={own.promptSetup?.presetId ?? FOLLOW}
            choices={[
              { value: FOLLOW, label: inheritedName(chat) },
              { value: NO_PRESET, label: 'None: the app’s settings' },
              ...(missing === null ? [] : [{ value: missing, label: 'One that is not here any more' }]),
              ...shelf.presets.map(({ id, name }) => ({ value: id, label: name })),
            ]}
            onChange={choose}
          />
        </div>
        <MenuButton
          label="Preset actions"
          icon={Ellipsis}
          tipAlign="end"
          items={actions({
            chat,
            onName: setNaming,
            asNew: () => asPreset({ id: 'new', name: preset ? `My ${preset.name}` : 'My preset', about: '' }),
            onImport: () => document.getElementById(fileId)?.click(),
          })}
        />
      </div>
      {preset && preset.about !== '' && <p className="text-xs text-ink-muted">{preset.about}</p>}
      {missing !== null && (
        <p className="text-xs text-ink-muted">
          The preset of this chat was deleted or is in another browser. The chat follows the app’s settings.
        </p>
      )}
      {preset && differs.length > 0 && (
        <div className="flex flex-wrap items-center gap-x-2 gap-y-1 border-l-3 border-warn bg-warn-soft px-3 py-1.5 text-sm">
          <p className="min-w-0 flex-1 basis-40">
            Differs from “{preset.name}”: {differs.map((part) => PART_NAMES[part]).join(', ')}
          </p>
          {mine && (
            <Button
              size="small"
              onClick={() => {
                attempt(inStore((store) => savePreset(store, asPreset(preset))));
                chat.change(withoutOwn(own));
              }}
            >
              Update it
            </Button>
          )}
          <Button
            size="small"
            onClick={() => {
              chat.change(withoutOwn(own));
            }}
          >
            Back to it
          </Button>
        </div>
      )}
      {naming && (
        <NameForm
          name={naming.preset.name}
          onCancel={() => {
            setNaming(null);
          }}
          onSave={(name) => {
            setNaming(null);
            const saved =
              naming.preset.id === 'new' ? copyOf(naming.preset, name) : { ...naming.preset, name };
            attempt(inStore((store) => savePreset(store, saved)));
            if (naming.use) choose(saved.id);
          }}
        />
      )}
      {folder?.presetId !== undefined && (
        <p className="text-xs text-ink-muted">
          Chats in “{folder.name}” follow “
          {findPreset(shelf, folder.presetId)?.name ?? 'a preset that is gone'}”.
        </p>
      )}
      <input
        id={fileId}
        type="file"
        hidden
        accept=".json,application/json"
        onChange={(event) => {
          const [file] = event.currentTarget.files ?? [];
          event.currentTarget.value = '';
          if (file) attempt(importFile(file));
        }}
      />
    </div>
  );
}

function inheritedName({ shelf, folder }: ChatSetup): string {
  const ofFolder = findPreset(shelf, folder?.presetId);
  if (ofFolder) return `As the folder: ${ofFolder.name}`;
  const byDefault = findPreset(shelf, shelf.defaultId);
  return byDefault ? `As the default: ${byDefault.name}` : 'As the app’s settings';
}

function actions(about: {
  readonly chat: ChatSetup;
  readonly onName: (naming: Naming) => void;
  readonly asNew: () => Preset;
  readonly onImport: () => void;
}): readonly MenuItem[] {
  const { shelf, folder, follow } = about.chat;
  const { preset } = follow;
  const items: MenuItem[] = [
    {
      label: 'Save these settings as a preset',
      icon: Save,
      onSelect: () => {
        about.onName({ preset: about.asNew(), use: true });
      },
    },
  ];
  if (preset) {
    items.push(
      {
        label: 'Copy it',
        icon: Copy,
        onSelect: () => {
          about.onName({ preset: { ...preset, id: 'new', name: `${preset.name} (copy)` }, use: true });
        },
      },
      {
        label: shelf.defaultId === preset.id ? 'No default for chats' : 'Make it the default',
        icon: shelf.defaultId === preset.id ? StarOff : Star,
        onSelect: () => {
          const next = shelf.defaultId === preset.id ? null : preset.id;
          attempt(inStore((store) => setDefaultPreset(store, next)));
        },
      },
      {
        label: 'Export it',
        icon: Download,
        onSelect: () => {
          download(
            new File([writePresets([preset])], presetFileName([preset]), { type: 'application/json' }),
          );
        },
      },
    );
  }
  if (folder) {
    const set = preset !== null && folder.presetId !== preset.id;
    items.push({
      label: set ? `Use it for the folder “${folder.name}”` : `No preset for the folder “${folder.name}”`,
      icon: FolderInput,
      onSelect: () => {
        attempt(inStore((store) => changeFolder(store, folder.id, { presetId: set ? preset.id : null })));
      },
    });
  }
  items.push({ label: 'Import presets', icon: Upload, onSelect: about.onImport });
  if (preset && !isOwn(preset.id)) {
    items.push(
      {
        label: 'Rename it',
        icon: Pencil,
        onSelect: () => {
          about.onName({ preset, use: false });
        },
      },
      {
        label: 'Delete it',
        icon: Trash2,
        danger: true,
        onSelect: () => {
          attempt(removeWithUndo(preset));
        },
      },
    );
  }
  return items;
}

function NameForm({
  name,
  onSave,
  onCancel,
}: {
  readonly name: string;
  readonly onSave: (name: string) => void;
  readonly onCancel: () => void;
}) {
  const [text, setText] = useState(name);
  return (
    <form
      aria-label="Name the preset"
      className="flex flex-wrap items-end gap-2"
      onSubmit={(event) => {
        event.preventDefault();
        if (text.trim() !== '') onSave(text.trim());
      }}
    >
      <div className="min-w-0 flex-1 basis-40">
        <TextField
          label="Preset’s name"
          // oxlint-disable-next-line jsx-a11y/no-autofocus -- what was pressed asked for it
          autoFocus
          value={text}
          maxLength={PRESET_LIMITS.nameCharacters}
          required
          onChange={(event) => {
            setText(event.currentTarget.value);
          }}
        />
      </div>
      <Button type="submit" look="primary">
        Save preset
      </Button>
      <Button onClick={onCancel}>Cancel</Button>
    </form>
  );
}

/** What holds in a chat, as a preset. */
function fromChat(base: Pick<Preset, 'id' | 'name' | 'about'>, settings: PromptSettings): Preset {
  const { format, systemText, examples, sampling, stops, bannedTokens } = settings;
  const raw = format.layout.exact;
  return {
    id: base.id,
    name: base.name,
    about: base.about,
    promptFormat: format.id,
    systemText: raw ? null : systemText,
    examples: raw ? null : [...examples],
    sampling,
    stops: stops.filter((stop) => !format.stops.includes(stop)),
    bannedTokens: [...bannedTokens],
  };
}

async function importFile(file: File): Promise<void> {
  // One character takes a byte at least: more is refused before it is read.
  const text = file.size > PRESET_LIMITS.fileBytes ? '' : await file.text();
  const presets = readPresets(text);
  await inStore(async (store) => {
    const added = toAdd(presets, await readShelf(store));
    if (added.length > 0) await savePresets(store, added);
    showToast(added.length === 0 ? 'They were all here already' : `Presets added: ${String(added.length)}`);
  });
}

async function removeWithUndo(preset: Preset): Promise<void> {
  await inStore((store) => deletePreset(store, preset.id));
  showToast(`Deleted the preset “${preset.name}”`, {
    label: 'Undo',
    run: () => {
      attempt(inStore((store) => savePreset(store, preset)));
    },
  });
}

async function inStore<T>(work: (store: Store) => Promise<T>): Promise<T> {
  return work(await conversationStore());
}
