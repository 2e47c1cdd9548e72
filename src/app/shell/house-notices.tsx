/** Rare things a person should hear about once, above any screen: loaded when the page is at rest. */
import { lazy, Suspense, useEffect, useState } from 'react';
import { useHashLocation } from 'wouter/use-hash-location';
import { useEngine } from '../../engine/engine-store.ts';
import { isAbort, toAppError, type AppError } from '../../errors/app-error.ts';
import { Button } from '../../ui/button.tsx';
import { ErrorAlert } from '../../ui/error-alert.tsx';
import { findLoss, type Loss } from '../../models/storage/eviction.ts';
import { InstallOffer } from '../install/install-offer.tsx';
import { takeLaunch, useLaunchedFiles } from '../launch.ts';

const ImportDialog = lazy(() => import('../../transcripts/import/import-dialog.tsx'));

let started = false;

export default function HouseNotices() {
  const [, navigate] = useHashLocation();
  const [loss, setLoss] = useState<Loss | null>(null);
  const transcripts = useLaunchedFiles((state) => state.transcripts);
  const [fault, setFault] = useState<AppError | null>(null);
  const [replies, setReplies] = useState(0);
  useEffect(() => {
    if (started) return;
    started = true;
    takeLaunch(navigate).catch(() => undefined); // No storage, no draft to add to: the health banner says so.
    findLoss().then(setLoss, () => undefined); // As above.
  }, [navigate]);
  useEffect(() => listenForFaults(setFault), []);
  useEffect(
    () =>
      useEngine.subscribe(({ state }, { state: before }) => {
        if (before.status === 'generating' && state.status === 'ready') setReplies((count) => count + 1);
      }),
    [],
  );
  return (
    <>
      {loss && (
        <LossNotice
          loss={loss}
          onDismiss={() => {
            setLoss(null);
          }}
        />
      )}
      {fault && (
        <ErrorAlert
          error={fault}
          className="m-3 mb-0"
          onDismiss={() => {
            setFault(null);
          }}
        />
      )}
      <InstallOffer due={replies > 0} />
      {transcripts.length > 0 && (
        <Suspense fallback={null}>
          <ImportDialog
            files={transcripts}
            onClose={() => {
              useLaunchedFiles.setState({ transcripts: [] });
            }}
          />
        </Suspense>
      )}
    </>
  );
}

/** Faults that nothing in the app caught: said, rather than lost in a console nobody reads. */
function listenForFaults(tell: (error: AppError) => void): () => void {
  const onError = ({ error, message }: ErrorEvent): void => {
    // The browser's own remark about a layout that took two frames, no fault.
    if (!message.startsWith('ResizeObserver')) tell(toAppError(error ?? new Error(message)));
  };
  const onRejection = ({ reason }: PromiseRejectionEvent): void => {
    if (!isAbort(reason)) tell(toAppError(reason));
  };
  window.addEventListener('error', onError);
  window.addEventListener('unhandledrejection', onRejection);
  return () => {
    window.removeEventListener('error', onError);
    window.removeEventListener('unhandledrejection', onRejection);
  };
}

/** What is gone, that nothing the person did was the cause, and the two ways on. */
function LossNotice({ loss, onDismiss }: { readonly loss: Loss; readonly onDismiss: () => void }) {
  const { models, chats, database } = loss;
  const names = new Intl.ListFormat('en-GB').format(models);
  return (
    <div
      role="alert"
      aria-label="Cleared by the browser"
      className="m-3 mb-0 border-l-3 border-warn bg-warn-soft px-4 py-3 text-sm"
    >
      <p className="font-semibold">
        {database
          ? 'The browser cleared what this app had stored'
          : `The browser cleared ${names} from this machine`}
      </p>
      <p className="mt-0.5">
        {database
          ? `Chats${models.length > 0 ? ` and ${names}` : ''} are no longer here. Chats you saved to a file can be imported again.`
          : `Your ${chats === 1 ? 'chat is' : `${String(chats)} chats are`} still here. The model can be fetched again.`}{' '}
        Browsers do this by themselves when the disk runs short, or after weeks without a visit, unless they
        have promised to keep a site’s data.
      </p>
      <div className="mt-2 flex flex-wrap gap-2">
        {models.length > 0 && <NoticeLink href="#/models">Get the model again</NoticeLink>}
        <NoticeLink href="#/settings/storage">Have the browser promise</NoticeLink>
        <Button size="small" look="quiet" onClick={onDismiss}>
          Dismiss
        </Button>
      </div>
    </div>
  );
}

function NoticeLink({ href, children }: { readonly href: string; readonly children: string }) {
  return (
    <a
      href={href}
      className="inline-flex min-h-8 items-center rounded-md border border-line-strong bg-surface px-2.5 text-xs font-medium hover:border-accent hover:text-accent pointer-coarse:min-h-10"
    >
      {children}
    </a>
  );
}
