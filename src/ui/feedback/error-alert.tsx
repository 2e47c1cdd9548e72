import { useEffect, useRef, useState, type ReactNode } from 'react';
import { errorReport } from '../../errors/error-report.ts';
import type { AppError } from '../../errors/app-error.ts';
import { Button } from '../button.tsx';
import { classNames } from '../class-names.ts';
import { copyText } from '../clipboard.ts';
import { useErrorText } from './use-error-text.ts';

export interface ErrorAlertProps {
  readonly error: AppError;
  /** Replaces the general advice where the place knows better. */
  readonly action?: string;
  /** Buttons that do what the advice says. */
  readonly children?: ReactNode;
  readonly onDismiss?: () => void;
  /** It answers a press just now: the page moves as far as it must for it to be seen. */
  readonly comesIntoSight?: boolean;
  readonly className?: string;
}

/** What happened, why, and what to do: read out at once by screen readers. */
export function ErrorAlert({
  error,
  action,
  children,
  onDismiss,
  comesIntoSight = false,
  className,
}: ErrorAlertProps) {
  const text = useErrorText(error);
  const ref = useRef<HTMLDivElement>(null);
  const moves = comesIntoSight && text !== null;
  useEffect(() => {
    if (moves) ref.current?.scrollIntoView({ block: 'nearest' });
  }, [moves, error]);
  if (!text) return null;
  return (
    <div
      ref={ref}
      role="alert"
      className={classNames('border-l-3 border-danger bg-danger-soft px-4 py-3 text-sm', className)}
    >
      <p className="font-semibold text-danger">{text.title}</p>
      <p className="mt-0.5">{text.cause}</p>
      <p className="mt-0.5">{action ?? text.action}</p>
      <div className="mt-2 flex flex-wrap gap-2">
        {children ?? (error.code === 'app/part-missing' && <ReloadPage />)}
        {text.place && text.place.href !== location.hash && (
          <a
            href={text.place.href}
            className="inline-flex min-h-8 items-center rounded-md border border-line-strong bg-surface px-2.5 text-xs font-medium hover:border-accent hover:text-accent pointer-coarse:min-h-10"
          >
            {text.place.label}
          </a>
        )}
        <CopyDetails error={error} />
        {onDismiss && (
          <Button size="small" look="quiet" onClick={onDismiss}>
            Dismiss
          </Button>
        )}
      </div>
    </div>
  );
}

function ReloadPage() {
  return (
    <Button
      size="small"
      onClick={() => {
        location.reload();
      }}
    >
      Reload the page
    </Button>
  );
}

function CopyDetails({ error }: { readonly error: AppError }) {
  const [state, setState] = useState<'idle' | 'copied' | 'shown'>('idle');
  const report = errorReport(error, { app: `meditron-web ${__APP_VERSION__}`, browser: navigator.userAgent });
  return (
    <>
      <Button
        size="small"
        look="quiet"
        // Where it stands alone, its words begin where those above do.
        className="first:-ml-2.5"
        onClick={() => {
          // The clipboard can be refused; the details are then shown to be copied by hand.
          void copyText(report).then((copied) => {
            setState(copied ? 'copied' : 'shown');
          });
        }}
      >
        {state === 'copied' ? 'Details copied' : 'Copy details'}
      </Button>
      {state === 'shown' && (
        <textarea
          readOnly
          aria-label="Details"
          rows={6}
          value={report}
          className="w-full bg-sunken p-2 font-mono text-xs"
        />
      )}
    </>
  );
}
