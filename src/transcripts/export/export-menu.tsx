import { useState } from 'react';
import { Braces, FileText, Globe, Link2, ListTree, Printer, Share2, Upload } from 'lucide-react';
import { toAppError, type AppError } from '../../errors/app-error.ts';
import { ErrorAlert } from '../../ui/feedback/error-alert.tsx';
import { usePolicy } from '../../preferences/site-policy.ts';
import { Dialog } from '../../ui/dialog.tsx';
import { MenuButton } from '../../ui/menu/menu.tsx';
import type { MenuItem } from '../../ui/menu/menu-item.ts';
import { useShortcut } from '../../ui/shortcuts.ts';
import { showToast } from '../../ui/feedback/toast.tsx';
import type { ExportFormat } from './export-actions.ts';
import { ShareLinkDialog } from '../share/share-link-dialog.tsx';
import type { ShareLink } from '../share/share-link.ts';
import type { Selection } from './store-source.ts';

export interface ExportMenuProps {
  readonly selection: Selection;
  /** The button's name where it is not the chat's own menu. */
  readonly label?: string;
  /** It is about the chat on screen: the keys that print a page print its transcript. */
  readonly ownsPage?: boolean;
}

const actions = () => import('./export-actions.ts');

/** Every way out of the app for one chat, a selection or everything. */
export default function ExportMenu(props: ExportMenuProps) {
  // What the site forbids is not offered; Settings say so.
  return usePolicy((policy) => policy.exports) ? <Menu {...props} /> : null;
}

function Menu({ selection, label = 'Export', ownsPage = false }: ExportMenuProps) {
  const shareLinks = usePolicy((policy) => policy.shareLinks);
  const [error, setError] = useState<AppError | null>(null);
  const [link, setLink] = useState<ShareLink | null>(null);

  const attempt = (work: () => Promise<void>) => () => {
    setError(null);
    work().catch((thrown: unknown) => {
      const failure = toAppError(thrown);
      // Closing the system's share sheet is no failure.
      if (failure.code !== 'aborted') setError(failure);
    });
  };
  const save = (format: ExportFormat) =>
    attempt(async () => {
      showToast(`Saved ${await (await actions()).exportAndDownload(selection, format)}`);
    });

  const print = attempt(async () => {
    const [{ documentOf }, { printTranscript }] = await Promise.all([actions(), import('./page/print.tsx')]);
    await printTranscript(await documentOf(selection));
  });

  const items: MenuItem[] = [
    { label: 'Markdown', icon: FileText, onSelect: save('markdown') },
    { label: 'JSON', icon: Braces, onSelect: save('json') },
    { label: 'HTML', icon: Globe, onSelect: save('html') },
    { label: 'Messages (JSONL)', icon: ListTree, onSelect: save('jsonl') },
    { label: 'Print or PDF', icon: Printer, onSelect: print },
  ];
  if (shareLinks) {
    items.push({
      label: 'Share link',
      icon: Link2,
      onSelect: attempt(async () => {
        setLink(await (await actions()).linkOf(selection));
      }),
    });
  }
  if (typeof navigator.share === 'function') {
    items.push({
      label: 'Share file',
      icon: Share2,
      onSelect: attempt(async () => {
        const [{ exportFile }, { canShare, download }] = await Promise.all([
          actions(),
          import('./save-file.ts'),
        ]);
        const file = await exportFile(selection, 'html');
        if (!canShare(file)) {
          download(file);
          return;
        }
        try {
          await navigator.share({ files: [file], title: file.name });
        } catch (thrown) {
          // A long export outlasts the press that must be fresh for the sheet to open.
          if (!(thrown instanceof DOMException) || thrown.name !== 'NotAllowedError') throw thrown;
          download(file);
        }
      }),
    });
  }

  return (
    <>
      {ownsPage && <PrintKey print={print} />}
      <MenuButton label={label} icon={Upload} size="small" items={items} />
      <Dialog
        open={error !== null}
        title="Export"
        onClose={() => {
          setError(null);
        }}
      >
        {error && <ErrorAlert error={error} />}
      </Dialog>
      {link && (
        <ShareLinkDialog
          link={link}
          onSaveFile={save('html')}
          onClose={() => {
            setLink(null);
          }}
        />
      )}
    </>
  );
}

function PrintKey({ print }: { readonly print: () => void }) {
  useShortcut('transcripts.print', 'mod+p', 'Print the transcript', () => {
    print();
    return true;
  });
  return null;
}
