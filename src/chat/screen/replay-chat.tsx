import { Repeat2 } from 'lucide-react';
import { lazy, Suspense, useState } from 'react';
import type { ShownMessage } from '../../database/records.ts';
import { IconButton } from '../../ui/button.tsx';
import { useShortcut } from '../../ui/shortcuts.ts';

const ReplayChatDialog = lazy(() => import('../replay/replay-chat-dialog.tsx'));

/** Runs all replies of a chat again: one press. */
export function ReplayChat({ path }: { readonly path: readonly ShownMessage[] }) {
  const [open, setOpen] = useState(false);
  const possible = path.some(({ provenance }) => provenance !== null);
  useShortcut('chat.replay', 'y', 'Run the whole chat again here', () => {
    if (!possible) return false;
    setOpen(true);
    return true;
  });
  if (!possible) return null;
  return (
    <>
      <IconButton
        size="small"
        label="Replay this chat"
        icon={Repeat2}
        tipAlign="end"
        aria-haspopup="dialog"
        onClick={() => {
          setOpen(true);
        }}
      />
      {open && (
        <Suspense fallback={null}>
          <ReplayChatDialog
            path={path}
            records={null}
            onClose={() => {
              setOpen(false);
            }}
          />
        </Suspense>
      )}
    </>
  );
}
