import { useRef, useState } from 'react';
import { AppError } from '../../errors/app-error.ts';
import { errorText, isErrorCode } from '../../errors/error-text.ts';
import { formatBytes } from '../../lib/format.ts';
import { Button } from '../../ui/button.tsx';
import { ErrorAlert } from '../../ui/feedback/error-alert.tsx';
import { Progress, transferText } from '../../ui/feedback/progress.tsx';
import type { ActiveAcquisition } from '../acquire/workers/acquire-protocol.ts';
import type { RunnableEntry } from '../catalogue/catalogue-schema.ts';
import { chosenFiles } from './choose-files.ts';
import { replacedId } from '../catalogue/ids.ts';
import { classNames } from '../../ui/class-names.ts';
import type { ChosenFile, AcquisitionNotice, AcquisitionProgress } from '../acquire/ways/acquisition-run.ts';
import { canResume } from '../acquire/can-resume.ts';
import { acquisitionTitle } from './acquisition-title.ts';
import { otherModel } from './other-model.ts';
import { isWorking, pause, remove, resume, useModels, verify } from './models-store.ts';
import type { InstallRecord } from '../storage/records.ts';
import { FORM_NAMES } from './source-picker.tsx';

export interface InstallPanelProps {
  readonly entry: RunnableEntry;
  readonly install: InstallRecord;
  /** The engine holds it: it must be unloaded before it can go. */
  readonly inUse: boolean;
}

/** One form of a model on this machine, whole or not yet: how far it is, and what can be done with it. */
export function InstallPanel({ entry, install, inUse }: InstallPanelProps) {
  const different = otherModel(entry, install.sizes);
  const active = useModels((state) => (state.active?.installId === install.id ? state.active : null));
  const elsewhere = useModels((state) => state.activeElsewhere);
  const busy = useModels(isWorking);
  const failure = useModels((state) => state.failures.get(install.id));
  const notices = useModels((state) => state.notices);
  const replaces = replacedId(install.id) !== null;
  const mine = notices.filter((each) => each.installId === install.id).map((each) => each.notice);
  return (
    <div
      role="group"
      aria-label={replaces ? 'Replacement' : FORM_NAMES[install.acquisition.form]}
      className={classNames('grid gap-3', replaces && 'border-l-3 border-line pl-4')}
    >
      {replaces && (
        <p className="max-w-measure text-sm text-ink-muted">
          To replace what is installed, from {install.acquisition.sourceLabel}. That stays and can be used
          until this one is here and checked.
        </p>
      )}
      {active ? (
        <Running install={install} active={active} elsewhere={elsewhere} />
      ) : (
        <Still install={install} failure={failure} busy={busy} inUse={inUse} />
      )}
      {different !== null && (
        <p className="max-w-measure text-sm text-warn">
          These weights are another model’s: {different}. What they reply is not {entry.name}’s, and a library
          made for it may refuse them.
        </p>
      )}
      {mine.length > 0 && (
        <ul role="status" className="grid gap-1 text-sm text-ink-muted">
          {mine.map((notice) => (
            <li key={notice.kind}>{noticeText(notice)}</li>
          ))}
        </ul>
      )}
    </div>
  );
}

const PHASES: Record<AcquisitionProgress['phase'], string> = {
  preparing: 'reading the header and checking space',
  transferring: '',
  checking: '',
  finishing: 'writing the last files',
};

function Running({
  install,
  active,
  elsewhere,
}: {
  install: InstallRecord;
  active: ActiveAcquisition;
  elsewhere: boolean;
}) {
  const { progress } = active;
  const figures = transferText(progress.doneBytes, progress.totalBytes, progress.bytesPerSecond);
  const phase = PHASES[progress.phase];
  return (
    <>
      <Progress
        label={acquisitionTitle(active.kind, install.acquisition.displayName)}
        done={progress.doneBytes}
        total={progress.totalBytes}
        text={phase === '' ? figures : phase}
      />
      {elsewhere ? (
        <p className="text-sm text-ink-muted">Another tab of this app is doing this.</p>
      ) : (
        <div className="flex flex-wrap gap-2">
          <Button size="small" onClick={() => void pause(install.id)}>
            Pause
          </Button>
          {active.kind !== 'verify' && (
            <Button size="small" look="quiet" onClick={() => void remove(install)}>
              Cancel
            </Button>
          )}
        </div>
      )}
    </>
  );
}

interface StillProps {
  readonly install: InstallRecord;
  readonly failure: AppError | undefined;
  readonly busy: boolean;
  readonly inUse: boolean;
}

function Still({ install, failure, busy, inUse }: StillProps) {
  const input = useRef<HTMLInputElement>(null);
  const fromFiles = install.acquisition.origin.from === 'files';
  const filesHeld = useModels((state) => state.filesHeld.has(install.id));
  const needsFiles = fromFiles && !filesHeld;
  const isFolder = install.acquisition.origin.format !== 'gguf';
  const error = failure ?? storedError(install);
  // What failed after work of some time is told where this comes back from Running; what failed at once answers a press.
  const [before] = useState(failure);
  const resumable = error === null || canResume(error);
  const whole = install.status === 'ready';
  const freeReplaced = useRef(false);
  const act = (files: readonly ChosenFile[]): void => {
    if (whole || install.status === 'damaged') void verify(install.id, files);
    else void resume(install.id, files, freeReplaced.current);
  };
  const goOn = (replacedMayGo: boolean): void => {
    freeReplaced.current = replacedMayGo;
    // A reload takes the files away from the page: they are asked for again.
    if (needsFiles) input.current?.click();
    else act([]);
  };
  return (
    <>
      {error && (
        <ErrorAlert
          error={error}
          action={actionFor(error)}
          comesIntoSight={failure !== undefined && failure !== before}
        >
          {error.code === 'models/no-room-beside' && (
            <Button
              size="small"
              look="danger"
              disabled={busy}
              onClick={() => {
                goOn(true);
              }}
            >
              Delete the installed one first
            </Button>
          )}
        </ErrorAlert>
      )}
      {install.status === 'incomplete' && resumable && <PausedLine install={install} />}
      {whole && <ReadyLine install={install} />}
      <div className="flex flex-wrap gap-2">
        {install.status === 'incomplete' && resumable && (
          <Button
            size="small"
            look="primary"
            disabled={busy}
            onClick={() => {
              goOn(false);
            }}
          >
            Resume
          </Button>
        )}
        {install.status !== 'incomplete' && (
          <Button
            size="small"
            disabled={busy}
            onClick={() => {
              if (install.status === 'damaged' && needsFiles) input.current?.click();
              else void verify(install.id);
            }}
          >
            Verify
          </Button>
        )}
        {install.status === 'incomplete' ? (
          <Button size="small" look="quiet" disabled={busy} onClick={() => void remove(install)}>
            Cancel
          </Button>
        ) : (
          <Button
            size="small"
            look="danger"
            disabled={busy || inUse}
            title={inUse ? 'Unload the model first' : undefined}
            onClick={() => void remove(install)}
          >
            Delete
          </Button>
        )}
      </div>
      {fromFiles && (
        <input
          ref={input}
          type="file"
          hidden
          multiple={isFolder}
          aria-label={`The same file again for ${install.acquisition.displayName}`}
          onChange={(event) => {
            const files = chosenFiles(event.currentTarget.files);
            event.currentTarget.value = '';
            if (files.length > 0) act(files);
          }}
        />
      )}
    </>
  );
}

function PausedLine({ install }: { readonly install: InstallRecord }) {
  const { doneBytes, totalBytes } = install.progress;
  const percent = totalBytes > 0 ? Math.floor((doneBytes / totalBytes) * 100) : 0;
  return (
    <>
      <p className="text-sm">
        Paused at {percent} %
        <span className="text-ink-muted">
          {totalBytes > 0 && ` · ${transferText(doneBytes, totalBytes, 0)}`} · from{' '}
          {install.acquisition.sourceLabel}
        </span>
      </p>
      <p className="max-w-measure text-sm text-ink-muted">{whyPaused(install)}</p>
      {totalBytes > 0 && (
        <Progress
          label={`${install.acquisition.displayName}, paused`}
          labelHidden
          done={doneBytes}
          total={totalBytes}
        />
      )}
    </>
  );
}

/** Nothing stands still without a reason a person can read. */
function whyPaused({ stopped, acquisition }: InstallRecord): string {
  const next = 'Resume goes on from here.';
  if (stopped?.by === 'person') return `You paused it. ${next}`;
  if (stopped?.by === 'error') return `It stopped for the reason above. ${next}`;
  const again =
    acquisition.origin.from === 'files' ? 'Resume asks for the file again and goes on' : 'Resume goes on';
  return `The page was closed or reloaded, or the browser ended it, while this was under way. ${again} from here.`;
}

function ReadyLine({ install }: { readonly install: InstallRecord }) {
  return (
    <p className="text-sm">
      On this machine, {formatBytes(install.storedBytes)}
      <span className="text-ink-muted">
        {' · '}
        {FORM_NAMES[install.acquisition.form]} · from {install.acquisition.sourceLabel}
        {install.source.sha256 !== '' && (
          <>
            {' · '}
            <span title={`SHA-256 of the source: ${install.source.sha256}`}>
              source SHA-256 {install.source.sha256.slice(0, 12)}…
            </span>
          </>
        )}
        {install.verifiedAt !== null && ` · compared with its checksums ${dateOf(install.verifiedAt)}`}
      </span>
    </p>
  );
}

function dateOf(time: number): string {
  return new Date(time).toLocaleDateString(undefined, { dateStyle: 'medium' });
}

function storedError(install: InstallRecord): AppError | null {
  if (install.stopped?.by !== 'error') return null;
  const { error } = install.stopped;
  return new AppError(isErrorCode(error.code) ? error.code : 'unknown', error.message, error.details);
}

/** The general advice, with the figures of this case. */
function actionFor(error: AppError): string {
  const { neededBytes, freeBytes, installedBytes } = error.details;
  const advice = errorText(error).action;
  if (error.code === 'models/no-room-beside' && typeof installedBytes === 'number')
    return `The new one still needs ${formatBytes(Number(neededBytes))}, ${formatBytes(Number(freeBytes))} is free, and the installed one takes ${formatBytes(installedBytes)}. ${advice}`;
  if (
    error.code === 'models/not-enough-space' &&
    typeof neededBytes === 'number' &&
    typeof freeBytes === 'number'
  ) {
    return `It needs ${formatBytes(neededBytes)}, and ${formatBytes(freeBytes)} is free here. ${advice}`;
  }
  return advice;
}

export function noticeText(notice: AcquisitionNotice): string {
  switch (notice.kind) {
    case 'source-changed':
      return 'The file at this address has changed since the work began, so it started again from the beginning.';
    case 'not-compared':
      return 'Its publisher lists no checksum for this file, so it could not be compared.';
    case 'library-changed':
      return `The model library is another one than before (SHA-256 was ${notice.before.slice(0, 12)}…, is ${notice.after.slice(0, 12)}…).`;
    case 'library-missing':
      return whyNoLibrary(notice.code);
    case 'repaired':
      return `${String(notice.parts)} bad ${notice.parts === 1 ? 'part was' : 'parts were'} replaced; all checksums are right now.`;
    case 'verified':
      return `All ${String(notice.parts)} parts are as they came in (${formatBytes(notice.bytes)} checked).`;
  }
}

function whyNoLibrary(code: string): string {
  if (code.startsWith('engine/'))
    return 'What came as the model library is not the published one and was not kept: import it from a file, or fetch it again.';
  if (code.startsWith('storage/'))
    return 'The model library could not be stored: free some space, then fetch it again.';
  return 'The model library could not be fetched: import it from a file, or try again when the network is back.';
}
