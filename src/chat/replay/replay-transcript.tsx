import { useState } from 'react';
import type { Message, Provenance } from '../../database/records.ts';
import { Button } from '../../ui/button.tsx';
import { useShortcut } from '../../ui/shortcuts.ts';
import ReplayChatDialog from './replay-chat-dialog.tsx';

/** Runs all replies of a transcript again that is open but not stored: one press. Nothing of it is stored by that, either. */
export function ReplayTranscript({ path }: { readonly path: readonly Message[] }) {
  const [open, setOpen] = useState(false);
  const records = new Map<string, Provenance>(
    path.flatMap(({ id, provenance }) => (provenance ? [[id, provenance]] : [])),
  );
  const possible = records.size > 0;
  useShortcut('chat.replay', 'y', 'Run the whole chat again here', () => {
    if (!possible) return false;
    setOpen(true);
    return true;
  });
  if (!possible) return null;
  return (
    <>
      <Button
        aria-haspopup="dialog"
        onClick={() => {
          setOpen(true);
        }}
      >
        Run again here
      </Button>
      {open && (
        <ReplayChatDialog
          path={path}
          records={records}
          onClose={() => {
            setOpen(false);
          }}
        />
      )}
    </>
  );
}
