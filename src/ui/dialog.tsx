import { X } from 'lucide-react';
import { useEffect, useId, useLayoutEffect, useRef, type ReactNode } from 'react';
import { IconButton } from './button.tsx';
import { classNames } from './class-names.ts';

export interface DialogProps {
  readonly open: boolean;
  readonly title: string;
  /** Called when the dialog asks to go: Escape, a click outside, its close button. The owner then sets `open` to false. */
  readonly onClose: () => void;
  /** `none`: neither Escape nor a click outside nor a close button ends it; only what the dialog holds does. */
  readonly dismiss?: 'any' | 'none';
  /** `panel`: from the left edge over the full height, for the side panel on a phone. */
  readonly shape?: 'sheet' | 'panel';
  readonly className?: string;
  readonly children: ReactNode;
}

const FIELD = '[data-first], :is(input, textarea, select):not([type=hidden], [type=file], :disabled)';

/** A modal on the platform's own `<dialog>`: focus is trapped and given back, all behind it is inert. */
export function Dialog({
  open,
  title,
  onClose,
  dismiss = 'any',
  shape = 'sheet',
  className,
  children,
}: DialogProps) {
  const ref = useRef<HTMLDialogElement>(null);
  const titleId = useId();

  useEffect(() => {
    const dialog = ref.current;
    if (!dialog) return;
    if (open && !dialog.open) {
      dialog.showModal();
      // Where there is something to fill in, that is what it was opened for; the platform would take the close button.
      if (shape === 'sheet') dialog.querySelector<HTMLElement>(FIELD)?.focus();
    }
    if (!open && dialog.open) dialog.close();
  }, [open, shape]);

  // The platform gives the focus back when a dialog is closed, not when it is taken out of the page.
  useLayoutEffect(() => {
    const dialog = ref.current;
    return () => {
      if (dialog?.open) dialog.close();
    };
  }, []);

  return (
    // The click outside is a mouse convenience beside Escape and the close button.
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions, jsx-a11y/click-events-have-key-events -- the keyboard has Escape
    <dialog
      ref={ref}
      aria-labelledby={titleId}
      closedby={dismiss === 'any' ? 'any' : 'none'}
      onCancel={(event) => {
        event.preventDefault();
        if (dismiss === 'any') onClose();
      }}
      onClose={() => {
        // Where `closedby` is not known, a second Escape closes whatever onCancel says: what must stay is opened again.
        if (open && dismiss === 'none') ref.current?.showModal();
        else if (open) onClose();
      }}
      onClick={(event) => {
        if (dismiss === 'any' && event.target === ref.current) onClose();
      }}
      className={classNames(
        'bg-surface p-0 text-ink shadow-float',
        shape === 'sheet'
          ? 'm-auto max-h-[min(46rem,calc(100dvh-2rem))] w-[min(40rem,calc(100vw-2rem))] max-w-none rounded-lg border border-line'
          : 'my-0 mr-auto ml-0 h-dvh max-h-none w-[min(20rem,calc(100vw-3rem))] max-w-none border-r border-line',
        className,
      )}
    >
      {open && (
        <div className="flex h-full max-h-[inherit] flex-col">
          {/* No <header>: inside a dialog that would be a second banner of the page. */}
          <div className="flex items-center justify-between gap-4 border-b border-line py-2 pr-2 pl-5">
            <h2 id={titleId} className="font-serif text-lg font-semibold">
              {title}
            </h2>
            {dismiss === 'any' && (
              // Without a tip: where the button takes the focus, that would lie over the first words.
              <IconButton label="Close" icon={X} data-tip={undefined} onClick={onClose} />
            )}
          </div>
          <div className={classNames('min-h-0 flex-1', shape === 'sheet' && 'overflow-y-auto px-5 py-4')}>
            {children}
          </div>
        </div>
      )}
    </dialog>
  );
}
