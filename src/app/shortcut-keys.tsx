import { useEffect, useState } from 'react';
import { lazy, Suspense } from 'react';
import { handleShortcut, useShortcut } from '../ui/shortcuts.ts';

const ShortcutSheet = lazy(() => import('./shortcut-sheet.tsx'));

/** Hears the keyboard for the whole app, and offers the sheet of what it understands. */
export function ShortcutKeys() {
  const [open, setOpen] = useState(false);
  useEffect(() => {
    window.addEventListener('keydown', handleShortcut);
    return () => {
      window.removeEventListener('keydown', handleShortcut);
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
