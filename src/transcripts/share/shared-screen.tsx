import { useEffect, useState, type ReactNode } from 'react';
import { importConversations } from '../../conversations/data/whole/whole-chats.ts';
import { conversationStore } from '../../conversations/data/store.ts';
import type { Message } from '../../database/records.ts';
import { AppError, toAppError } from '../../errors/app-error.ts';
import { usePolicy } from '../../preferences/site-policy.ts';
import { Button } from '../../ui/button.tsx';
import { ErrorAlert } from '../../ui/feedback/error-alert.tsx';
import { NOTICE_IN_FILE } from '../format/header.ts';
import { IntegrityLine } from '../import/import-dialog.tsx';
import { SignedLine } from '../signing/signed-line.tsx';
import { readShareLink } from './read-link.ts';
import type { OwnFile } from '../import/read-own.ts';
import type { Skipped } from '../import/read-result.ts';
import { useArrivedLink } from './arrived-link.ts';
import { shownPath, TranscriptView } from './transcript-view.tsx';

export interface SharedScreenProps {
  /** Goes to a chat that was kept. */
  readonly onKept: (conversationId: string) => void;
  /** What else can be done with the messages that are shown. */
  readonly tools?: (path: readonly Message[]) => ReactNode;
}

type State =
  | { readonly status: 'opening' }
  | { readonly status: 'failed'; readonly error: AppError }
  | { readonly status: 'open'; readonly read: OwnFile; readonly path: readonly Message[] };

/** A transcript from a link: read-only, and nothing of it is stored unless the reader keeps it. */
export function SharedScreen({ onKept, tools }: SharedScreenProps) {
  const allowed = usePolicy((policy) => policy.shareLinks);
  const arrived = useArrivedLink((link) => link.data);
  const data = allowed ? arrived : null;
  const [opened, setOpened] = useState<{ readonly data: string; readonly state: State } | null>(null);
  // Another link in the same tab: what was shown before is not its content.
  const state: State = opened?.data === data ? opened.state : { status: 'opening' };
  const [keepError, setKeepError] = useState<AppError | null>(null);

  useEffect(() => {
    if (data === null) return;
    let current = true;
    readShareLink(data).then(
      (read) => {
        if (current) setOpened({ data, state: { status: 'open', read, path: shownPath(read.chats) } });
      },
      (thrown: unknown) => {
        if (current) setOpened({ data, state: { status: 'failed', error: toAppError(thrown) } });
      },
    );
    return () => {
      current = false;
    };
  }, [data]);

  const keep = async (read: OwnFile): Promise<void> => {
    try {
      const store = await conversationStore();
      const { refused } = await importConversations(store, read.chats, read.folders);
      if (refused.length > 0) {
        throw new AppError('transcript/link-damaged', 'Its messages are here in another chat.', {
          refused: refused.length,
        });
      }
      const first = read.chats[0];
      if (first) onKept(first.conversation.id);
    } catch (thrown) {
      setKeepError(toAppError(thrown));
    }
  };

  return (
    <div className="mx-auto grid w-full max-w-measure gap-5 px-5 py-10">
      <h1 className="font-serif text-2xl font-semibold">Shared transcript</h1>
      {!allowed && <p className="text-sm">Your site has switched off links that hold a transcript.</p>}
      {allowed && data === null && (
        <p className="text-sm">
          The transcript is in the link itself, which is taken out of the address so that this browser’s
          history does not keep it. Open the link again.
        </p>
      )}
      {state.status === 'failed' && <ErrorAlert error={state.error} />}
      {state.status === 'open' && (
        <>
          <div className="grid gap-2 text-sm">
            {state.read.chats.length > 0 ? (
              <p>
                This chat came inside the link. It is shown here and not stored on this machine unless you
                keep it.
              </p>
            ) : (
              <p>No chat in this link can be read, so there is nothing to keep.</p>
            )}
            <IntegrityLine read={state.read} />
            {state.read.signed && <SignedLine signed={state.read.signed} />}
            <LeftOut skipped={state.read.skipped} />
            {state.read.chats.length > 0 && (
              <div className="flex flex-wrap gap-3">
                <Button
                  look="primary"
                  onClick={() => {
                    void keep(state.read);
                  }}
                >
                  Keep
                </Button>
                {tools?.(state.path)}
              </div>
            )}
            {keepError && <ErrorAlert error={keepError} />}
          </div>
          <TranscriptView header={state.read.header} notice={NOTICE_IN_FILE} chats={state.read.chats} />
        </>
      )}
    </div>
  );
}

function LeftOut({ skipped }: { readonly skipped: readonly Skipped[] }) {
  if (skipped.length === 0) return null;
  return (
    <section aria-label="What can’t be shown">
      <p>Not shown, because it can’t be read:</p>
      <ul className="list-disc pl-5">
        {skipped.map(({ what, why }, index) => (
          <li key={index} className="[overflow-wrap:anywhere]">
            {what}: {why}
          </li>
        ))}
      </ul>
    </section>
  );
}
