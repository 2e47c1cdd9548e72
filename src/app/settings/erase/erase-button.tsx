import { useState } from 'react';
import { toAppError, type AppError } from '../../../errors/app-error.ts';
import { Button } from '../../../ui/button.tsx';
import { Dialog } from '../../../ui/dialog.tsx';
import { ErrorAlert } from '../../../ui/feedback/error-alert.tsx';
import { Checkbox } from '../../../ui/field.tsx';
import { forgetUnsaved } from '../../../conversations/data/lifetime/deletion.ts';
import { conversationStore } from '../../../conversations/data/store.ts';
import { loadFor } from './asked.ts';

export interface EraseButtonProps {
  /** Saves all chats to a file. @throws AppError. */
  readonly save: () => Promise<void>;
}

/** Everything of the app out of this browser: for whoever leaves a machine that is not theirs alone. */
export function EraseButton({ save }: EraseButtonProps) {
  const [open, setOpen] = useState(false);
  const [models, setModels] = useState(true);
  const [error, setError] = useState<AppError | null>(null);
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
        Erase everything…
      </Button>
      <Dialog
        open={open}
        title="Erase everything?"
        onClose={() => {
          setOpen(false);
          setError(null);
        }}
      >
        <div className="grid gap-4 text-sm">
          {error && <ErrorAlert error={error} />}
          <p>
            Chats, drafts, folders, exam answers, settings, the list of servers, the app’s offline copy and
            its worker go from this browser, in every tab, at once and for good. What is left is counted
            afterwards.
          </p>
          <Checkbox
            label="Models, too"
            hint="They would have to be fetched or imported again."
            checked={models}
            onChange={setModels}
          />
          <div className="flex flex-wrap gap-2">
            <Button
              onClick={() => {
                attempt(save);
              }}
            >
              Save all chats to a file
            </Button>
            <Button
              look="danger"
              onClick={() => {
                attempt(async () => {
                  forgetUnsaved(await conversationStore());
                  loadFor(models ? 'all' : 'all-but-models');
                });
              }}
            >
              Erase everything
            </Button>
            <Button
              look="quiet"
              onClick={() => {
                setOpen(false);
              }}
            >
              Cancel
            </Button>
          </div>
        </div>
      </Dialog>
    </>
  );
}
