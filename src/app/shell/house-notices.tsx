/** Rare things a person should hear about once, above any screen: loaded when the page is at rest. */
import { lazy, Suspense, useCallback, useEffect, useState } from 'react';
import { useHashLocation } from 'wouter/use-hash-location';
import { forgetUnsaved } from '../../conversations/data/lifetime/deletion.ts';
import { useRemovals } from '../../conversations/data/lifetime/recovery.ts';
import { useStore } from '../../conversations/data/store.ts';
import { noteActivityHere } from '../../conversations/data/activity/activity.ts';
import type { EngineState } from '../../engine/port.ts';
import { useEngine } from '../../engine/tab/engine-store.ts';
import { useConsent } from '../../models/servers/consent.ts';
import { isAbort, toAppError, type AppError } from '../../errors/app-error.ts';
import { Button } from '../../ui/button.tsx';
import { ErrorAlert } from '../../ui/feedback/error-alert.tsx';
import { everyRealm } from '../../network/egress-gate.ts';
import { useEgress } from '../../network/egress-log.ts';
import { setOfflineOnly } from '../../network/egress.ts';
import { findLoss, type Loss } from '../../models/storage/eviction.ts';
import { InstallOffer } from '../install/install-offer.tsx';
import { takeLaunch } from '../launch.ts';
import { useLaunchedFiles } from '../takers.ts';
import { AcquisitionFailure } from './acquisition-failure.tsx';
import { DropTarget } from './drop-target.tsx';
import { OpenTextsNotice } from '../lock/open-texts-notice.tsx';
import { SharedOriginNotice } from '../policy/shared-origin-notice.tsx';
import { makeWayForErasing } from '../settings/erase/asked.ts';
import { LinkDialog } from './link-dialog.tsx';

const ConsentDialog = lazy(() => import('../../models/servers/consent-dialog.tsx'));
const ImportDialog = lazy(() => import('../../transcripts/import/import-dialog.tsx'));

let started = false;

export default function HouseNotices() {
  const [path, navigate] = useHashLocation();
  const [loss, setLoss] = useState<Loss | null>(null);
  const transcripts = useLaunchedFiles((state) => state.transcripts);
  const asksConsent = useConsent((state) => state.question !== null);
  const [fault, setFault] = useState<AppError | null>(null);
  const [replies, setReplies] = useState(0);
  useEffect(() => {
    if (started) return;
    started = true;
    makeWayForErasing(() => {
      const { store } = useStore.getState();
      if (store) forgetUnsaved(store);
    });
    takeLaunch(navigate).catch(() => undefined); // No storage, no draft to add to: the health banner says so.
    findLoss().then(setLoss, () => undefined); // As above.
  }, [navigate]);
  useEffect(() => listenForFaults(setFault), []);
  useEffect(noteEngine, []);
  const tellFault = useCallback((thrown: unknown) => {
    setFault(toAppError(thrown));
  }, []);
  useEffect(
    () =>
      useEngine.subscribe(({ state }, { state: before }) => {
        if (before.status === 'generating' && state.status === 'ready') setReplies((count) => count + 1);
      }),
    [],
  );
  return (
    <>
      {asksConsent && (
        <Suspense fallback={null}>
          <ConsentDialog />
        </Suspense>
      )}
      {loss && (
        <LossNotice
          loss={loss}
          onDismiss={() => {
            setLoss(null);
          }}
        />
      )}
      <AcquisitionFailure onModels={path === '/models'} />
      <RemovalNotice />
      <SharedOriginNotice />
      <OpenTextsNotice />
      {fault && (
        <ErrorAlert
          error={fault}
          className="m-3 mb-0"
          onDismiss={() => {
            setFault(null);
          }}
        />
      )}
      <DropTarget go={navigate} onFault={tellFault} />
      <InstallOffer due={replies > 0} />
      <LinkDialog />
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

/** Into the log: which weights and library ran, and that words were sent to a server. */
function noteEngine(): () => void {
  const note = (state: EngineState, before: EngineState | null): void => {
    const { loaded } = 'loaded' in state ? state : { loaded: null };
    if (!loaded) return;
    if (state.status === 'ready' && (before === null || !('loaded' in before)))
      noteActivityHere({
        kind: 'ran',
        model: loaded.displayName.slice(0, 300),
        engine: `${loaded.engine} ${loaded.engineVersion}`,
        backend: loaded.backend,
        weightsSha256: loaded.sourceSha256,
        librarySha256: loaded.librarySha256,
      });
    if (state.status === 'generating' && before?.status !== 'generating' && loaded.server)
      noteActivityHere({
        kind: 'sent',
        host: loaded.server.host.slice(0, 300),
        model: loaded.server.model.slice(0, 300),
      });
  };
  note(useEngine.getState().state, null);
  return useEngine.subscribe(({ state }, { state: before }) => {
    note(state, before);
  });
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

/** The database was removed while this tab was open: what it had in memory is saved again, and so is the switch. */
function RemovalNotice() {
  const count = useRemovals((state) => state.count);
  const [seen, setSeen] = useState(0);
  useEffect(() => {
    if (count === 0 || useEgress.getState().offlineOnly !== true) return;
    // It lay beside the database; a failure is told by whatever asks for it next, and nothing leaves then.
    setOfflineOnly(true, everyRealm).catch(() => undefined);
  }, [count]);
  if (count === seen) return null;
  return (
    <div
      role="alert"
      aria-label="Cleared while open"
      className="m-3 mb-0 border-l-3 border-warn bg-warn-soft px-4 py-3 text-sm"
    >
      <p className="font-semibold">What this app had stored was cleared while this tab was open</p>
      <p className="mt-0.5">
        The chat on screen and the text in its box were saved again from memory, without the exact prompts of
        its replies. Other chats are gone from this machine; those you saved to a file can be imported again.
      </p>
      <div className="mt-2 flex flex-wrap gap-2">
        <NoticeLink href="#/settings/storage">Have the browser promise</NoticeLink>
        <Button
          size="small"
          look="quiet"
          onClick={() => {
            setSeen(count);
          }}
        >
          Dismiss
        </Button>
      </div>
    </div>
  );
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
