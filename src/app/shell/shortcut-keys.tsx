import { lazy, Suspense, useEffect, useState } from 'react';
import { usePreferences } from '../../preferences/preferences.ts';
import { handleShortcut, useShortcut } from '../../ui/shortcuts.ts';

const ShortcutSheet = lazy(() => import('./shortcut-sheet.tsx'));

/** Hears the keyboard for the whole app, and offers the sheet of what it understands. */
export function ShortcutKeys() {
  const [open, setOpen] = useState(false);
  useEffect(() => {
    const hear = (event: KeyboardEvent): void => {
      handleShortcut(event, usePreferences.getState().singleKeys);
    };
    window.addEventListener('keydown', hear);
    return () => {
      window.removeEventListener('keydown', hear);
    };
  }, []);
  useShortcut('app.shortcuts', '?', 'Show keyboard shortcuts', () => {
    setOpen(true);
  });
  useShortcut('app.shortcuts-mod', 'mod+/', 'Show keyboard shortcuts', () => {
    setOpen(true);
  });
  return (
    open && (
      <Suspense fallback={null}>
        <ShortcutSheet
          onClose={() => {
            setOpen(false);
          }}
        />
      </Suspense>
    )
  );
}
