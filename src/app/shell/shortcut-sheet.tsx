import { setPreferences, usePreferences } from '../../preferences/preferences.ts';
import { Dialog } from '../../ui/dialog.tsx';
import { Checkbox } from '../../ui/field.tsx';
import { keysText, useShortcuts } from '../../ui/shortcuts.ts';

/** What cannot be registered because the place itself understands it. */
const IN_THE_COMPOSER = [
  { keys: 'enter', label: 'Send the message' },
  { keys: 'shift+enter', label: 'Begin a new line' },
] as const;

export default function ShortcutSheet({ onClose }: { readonly onClose: () => void }) {
  const shortcuts = useShortcuts((state) => state.shortcuts);
  const singleKeys = usePreferences((state) => state.singleKeys);
  const byLabel = new Map<string, string[]>();
  for (const { keys, label } of [...IN_THE_COMPOSER, ...shortcuts]) {
    const known = byLabel.get(label);
    if (!known) byLabel.set(label, [keys]);
    else if (!known.includes(keys)) known.push(keys);
  }
  return (
    <Dialog open title="Keyboard shortcuts" onClose={onClose}>
      {/* Before the list: what a dialog opens with takes the focus, and would scroll the list away. */}
      <Checkbox
        label="Use single keys as shortcuts"
        hint="Turn this off when you dictate text or press keys by accident. Shortcuts with Ctrl or ⌘ keep working."
        checked={singleKeys}
        onChange={(on) => {
          setPreferences({ singleKeys: on });
        }}
      />
      <dl className="mt-4 grid grid-cols-[1fr_auto] items-baseline gap-x-6">
        {[...byLabel].map(([label, allKeys]) => (
          <div key={label} className="col-span-2 grid grid-cols-subgrid border-b border-line py-2">
            <dt>{label}</dt>
            <dd className="flex flex-wrap items-baseline justify-end gap-1 text-sm text-ink-muted">
              {allKeys.map((keys, index) => (
                <span key={keys}>
                  {index > 0 && 'or '}
                  <Keys keys={keys} />
                </span>
              ))}
            </dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}

function Keys({ keys }: { readonly keys: string }) {
  return keysText(keys).map((key, index) => (
    <kbd
      key={index}
      className="mx-0.5 inline-block min-w-6 rounded-sm border border-line-strong bg-sunken px-1.5 text-center font-sans text-xs text-ink"
    >
      {key}
    </kbd>
  ));
}
