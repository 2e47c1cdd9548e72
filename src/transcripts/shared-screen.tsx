import { useEffect, useState } from 'react';
import { importConversations } from '../conversations/bulk.ts';
import { conversationStore } from '../conversations/store.ts';
import { toAppError, type AppError } from '../lib/errors.ts';
import { Button } from '../ui/button.tsx';
import { ErrorAlert } from '../ui/error-alert.tsx';
import { NOTICE_IN_FILE } from './header.ts';
import { IntegrityLine } from './import-dialog.tsx';
import { readTranscriptText } from './read-file.ts';
import type { ReadFile } from './read-result.ts';
import { openShareLink } from './share-link.ts';
import { TranscriptView } from './transcript-view.tsx';

export interface SharedScreenProps {
  /** What follows `#/shared/` in the address. */
  readonly data: string;
  /** Goes to a chat that was kept. */
  readonly onKept: (conversationId: string) => void;
}

type State =
  | { readonly status: 'opening' }
  | { readonly status: 'failed'; readonly error: AppError }
  | { readonly status: 'open'; readonly read: ReadFile };

/** A transcript from a link: read-only, and nothing of it is stored unless the reader keeps it. */
export default function SharedScreen({ data, onKept }: SharedScreenProps) {
  const [opened, setOpened] = useState<{ readonly data: string; readonly state: State } | null>(null);
  // Another link in the same tab: what was shown before is not its content.
  const state: State = opened?.data === data ? opened.state : { status: 'opening' };
  const [keepError, setKeepError] = useState<AppError | null>(null);

  useEffect(() => {
    let current = true;
    openShareLink(data)
      .then((text) => readTranscriptText(text))
      .then(
        (read) => {
          if (current) setOpened({ data, state: { status: 'open', read } });
        },
        (thrown: unknown) => {
          if (current)
            setOpened({ data, state: { status: 'failed', error: toAppError(thrown, 'transcript/damaged') } });
        },
      );
    return () => {
      current = false;
    };
  }, [data]);

  const keep = async (read: ReadFile): Promise<void> => {
    try {
      await importConversations(await conversationStore(), read.chats, read.folders);
      const first = read.chats[0];
      if (first) onKept(first.conversation.id);
    } catch (thrown) {
      setKeepError(toAppError(thrown));
    }
  };

  return (
    <div className="mx-auto grid w-full max-w-measure gap-5 px-5 py-10">
      <h1 className="font-serif text-2xl font-semibold">Shared transcript</h1>
      {state.status === 'failed' && <ErrorAlert error={state.error} />}
      {state.status === 'open' && (
        <>
          <div className="grid gap-2 text-sm">
            <p>
              This chat came inside the link. It is shown here and not stored on this machine unless you keep
              it.
            </p>
            <IntegrityLine read={state.read} />
            <div>
              <Button
                look="primary"
                onClick={() => {
                  void keep(state.read);
                }}
              >
                Keep
              </Button>
            </div>
            {keepError && <ErrorAlert error={keepError} />}
          </div>
          <TranscriptView header={null} notice={NOTICE_IN_FILE} chats={state.read.chats} />
        </>
      )}
    </div>
  );
}
