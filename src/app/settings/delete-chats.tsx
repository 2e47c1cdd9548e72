import { useState } from 'react';
import { deleteAllChats } from '../../conversations/data/lifetime/deletion.ts';
import { conversationStore } from '../../conversations/data/store.ts';
import { toAppError, type AppError } from '../../errors/app-error.ts';
import { formatCount } from '../../lib/format.ts';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { ErrorAlert } from '../../ui/feedback/error-alert.tsx';

export interface DeleteChatsProps {
  readonly count: number;
  /** Saves everything to a file. @throws AppError. */
  readonly save: () => Promise<void>;
  readonly onDone: () => void;
}

/** Every chat at once, asked for twice and with a copy offered first. */
export function DeleteChats({ count, save, onDone }: DeleteChatsProps) {
  const [open, setOpen] = useState(false);
  const [error, setError] = useState<AppError | null>(null);
  const close = (): void => {
    setOpen(false);
    setError(null);
  };
  const attempt = (work: () => Promise<void>): void => {
    work().catch((thrown: unknown) => {
      setError(toAppError(thrown));
    });
  };
  return (
    <>
      <Button
        size="small"
        look="danger"
        onClick={() => {
          setOpen(true);
        }}
      >
        Delete all chats…
      </Button>
      <Dialog open={open} title="Delete all chats?" onClose={close}>
        <div className="grid gap-4 text-sm">
          {error && <ErrorAlert error={error} />}
          <p>
            {formatCount(count)} {count === 1 ? 'chat goes' : 'chats go'} from this machine, the only place
            where the app keeps them, at once and for good: with drafts, folders, prompts and the search
            index, in every tab. There is no Undo afterwards. Saved to a file first, they can be imported
            again.
          </p>
          <div className="flex flex-wrap gap-2">
            <Button
              onClick={() => {
                attempt(save);
              }}
            >
              Save them to a file
            </Button>
            <Button
              look="danger"
              onClick={() => {
                attempt(async () => {
                  await deleteAllChats(await conversationStore());
                  close();
                  onDone();
                });
              }}
            >
              Delete all chats
            </Button>
            <Button look="quiet" onClick={close}>
              Keep them
            </Button>
          </div>
        </div>
      </Dialog>
    </>
  );
}
