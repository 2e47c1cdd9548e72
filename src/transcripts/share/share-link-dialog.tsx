import { useRef, useState } from 'react';
import { Button } from '../../ui/button.tsx';
import { copyText } from '../../ui/clipboard.ts';
import { Dialog } from '../../ui/dialog.tsx';
import { formatCount } from '../../lib/format.ts';
import type { ShareLink } from './share-link.ts';

export interface ShareLinkDialogProps {
  readonly link: ShareLink;
  readonly onSaveFile: () => void;
  readonly onClose: () => void;
}

/** Shows the link and says what it is: the transcript itself, uploaded nowhere. */
export function ShareLinkDialog({ link, onSaveFile, onClose }: ShareLinkDialogProps) {
  const [copied, setCopied] = useState(false);
  const field = useRef<HTMLInputElement>(null);
  return (
    <Dialog open title="Share link" onClose={onClose}>
      {link.kind === 'link' ? (
        <div className="grid gap-3 text-sm">
          <p>
            The whole transcript is inside this link ({formatCount(link.url.length)} characters); nothing was
            uploaded. Whoever has the link can read it, after the notice.
          </p>
          <input
            ref={field}
            readOnly
            aria-label="Link"
            value={link.url}
            className="w-full rounded-md border border-line-strong bg-surface px-3 py-2 font-mono text-xs"
            onFocus={(event) => {
              event.currentTarget.select();
            }}
          />
          <Button
            look="primary"
            onClick={() => {
              void copyText(link.url).then((done) => {
                setCopied(done);
                // Refused: selected, so that the keyboard can copy it.
                if (!done) field.current?.focus();
              });
            }}
          >
            {copied ? 'Copied' : 'Copy link'}
          </Button>
        </div>
      ) : (
        <div className="grid gap-3 text-sm">
          {link.kind === 'too-long' ? (
            <p>
              This chat is too long for a link: it would have {formatCount(link.characters)} characters, and
              many programs cut links of more than {formatCount(link.limit)}. A cut link opens nothing.
            </p>
          ) : (
            <p>
              This is too much for a link: it has {formatCount(link.entries)} chats and messages, and the app
              opens links of at most {formatCount(link.limit)}.
            </p>
          )}
          <Button
            look="primary"
            onClick={() => {
              onSaveFile();
              onClose();
            }}
          >
            Save the file instead
          </Button>
        </div>
      )}
    </Dialog>
  );
}
