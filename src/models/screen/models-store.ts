/**
 * What this tab knows about models: the catalogue, what is on this machine, what is under way in any tab. Light enough for
 * the first bundle: the catalogue's schema, the database and the worker load when they are needed.
 */
import { create } from 'zustand';
import { AppError, isAbort, toAppError } from '../../errors/app-error.ts';
import { requireSecurePage } from '../../lib/secure-page.ts';
import { askAcquirer, isAsking } from '../acquire/workers/acquire-client.ts';
import {
  ACQUIRE_LOCK,
  MODELS_CHANNEL,
  type ActiveAcquisition,
  type AcquireRequest,
  type ModelsMessage,
} from '../acquire/workers/acquire-protocol.ts';
import { applySiteDefaults } from '../../preferences/preferences.ts';
import type { Catalogue, RunnableEntry } from '../catalogue/catalogue-schema.ts';
import type { InstallStore } from '../storage/install-store.ts';
import type { ChosenFile, AcquisitionNotice } from '../acquire/ways/acquisition-run.ts';
import { licenceKey, replacementId } from '../catalogue/ids.ts';
import type { Acquisition, InstallRecord, LibraryRecord, PackageForm } from '../storage/records.ts';

export interface ModelsState {
  /** null until read. */
  readonly catalogue: Catalogue | null;
  /** Why the deployer's config.json was left aside. */
  readonly catalogueProblem: AppError | null;
  readonly installs: readonly InstallRecord[];
  readonly libraries: readonly LibraryRecord[];
  /** `licenceKey` of every accepted one. */
  readonly accepted: ReadonlySet<string>;
  /** Which of several installed forms to load, by model id. */
  readonly preferredForms: ReadonlyMap<string, PackageForm>;
  /** Why the rows could not be read: nothing can be fetched then. */
  readonly storageProblem: AppError | null;
  /** This tab asked for work that has not ended: what is pressed before it is `active` would only find it busy. */
  readonly asked: boolean;
  readonly active: ActiveAcquisition | null;
  readonly activeElsewhere: boolean;
  /** By install id ('' for libraries); the latest first. */
  readonly notices: readonly { readonly installId: string; readonly notice: AcquisitionNotice }[];
  /** What a request of this tab failed with, by install id; gone with the next request for it. */
  readonly failures: ReadonlyMap<string, AppError>;
  /** Installs whose chosen files this page still holds: a reload loses them. */
  readonly filesHeld: ReadonlySet<string>;
  /** Bytes the last Delete freed, by model id. */
  readonly freed: ReadonlyMap<string, number>;
}

export const useModels = create<ModelsState>(() => ({
  catalogue: null,
  catalogueProblem: null,
  installs: [],
  libraries: [],
  accepted: new Set(),
  preferredForms: new Map(),
  storageProblem: null,
  asked: false,
  active: null,
  activeElsewhere: false,
  notices: [],
  failures: new Map(),
  filesHeld: new Set(),
  freed: new Map(),
}));

let channel: BroadcastChannel | null = null;
let starting: Promise<void> | null = null;
let store: Promise<InstallStore> | null = null;

/** Reads the catalogue and the rows, once; later calls return the same promise. Never rejects: problems are in the state. */
export function startModels(): Promise<void> {
  starting ??= start();
  return starting;
}

async function start(): Promise<void> {
  channel = new BroadcastChannel(MODELS_CHANNEL);
  channel.addEventListener('message', (event: MessageEvent<ModelsMessage>) => {
    hear(event.data);
  });
  say({ type: 'hello' });
  window.addEventListener('online', resumeAfterOffline);
  const readCatalogue = async (): Promise<void> => {
    const { loadCatalogue } = await import('../catalogue/catalogue.ts');
    const { catalogue, defaults, problem } = await loadCatalogue(
      new URL('config.json', document.baseURI).href,
    );
    applySiteDefaults(defaults);
    useModels.setState({ catalogue, catalogueProblem: problem });
  };
  await Promise.all([readCatalogue(), refreshInstalls()]);
}

/** Reads the rows again. */
export async function refreshInstalls(): Promise<void> {
  try {
    const rows = await openStore();
    const [installs, libraries, accepted, preferred] = await Promise.all([
      rows.list(),
      rows.listLibraries(),
      rows.listAccepted(),
      rows.listPreferredForms(),
    ]);
    useModels.setState({
      installs,
      libraries,
      accepted: new Set(accepted),
      preferredForms: new Map(preferred),
      storageProblem: null,
    });
  } catch (thrown) {
    useModels.setState({ storageProblem: toAppError(thrown, 'storage/unavailable') });
  }
}

/** Starts getting a model. Ends with the work; failures are in `failures` and in the row. */
export async function acquire(
  acquisition: Acquisition,
  files: readonly ChosenFile[],
  installId: string,
): Promise<void> {
  await askForWork(installId, { type: 'start', acquisition, files });
}

/** @param freeReplaced what it replaces may go first. */
export async function resume(
  installId: string,
  files: readonly ChosenFile[] = [],
  freeReplaced = false,
): Promise<void> {
  await askForWork(installId, { type: 'resume', installId, files, freeReplaced });
}

/** Has rows of cleared models marked and left-overs freed, unless a tab is at work: then it is left for the next opening. */
export async function tidy(): Promise<void> {
  try {
    await askAcquirer({ type: 'tidy' });
  } catch (thrown) {
    if (!(thrown instanceof AppError) || thrown.code !== 'models/busy') throw thrown;
  }
  await refreshInstalls();
}

export async function verify(installId: string, files: readonly ChosenFile[] = []): Promise<void> {
  await askForWork(installId, { type: 'verify', installId, files });
}

/** One at a time: the second press of a double click asks for nothing. */
async function askForWork(installId: string, request: AcquireRequest): Promise<void> {
  if (isWorking(useModels.getState())) return;
  useModels.setState({ asked: true });
  try {
    if (request.type !== 'verify') await askToPersist();
    await ask(installId, request);
  } finally {
    useModels.setState({ asked: false });
  }
}

/** Something is got or verified in any tab, or is about to be in this one. */
export function isWorking({ asked, active }: Pick<ModelsState, 'asked' | 'active'>): boolean {
  return asked || active !== null;
}

export async function pause(installId: string): Promise<void> {
  await ask(installId, { type: 'pause' });
}

/** Cancel and Delete: stops what runs, frees what is stored. */
export async function remove(record: InstallRecord): Promise<void> {
  const { modelId } = record.acquisition;
  const freed = await ask(record.id, { type: 'delete', installId: record.id });
  if (freed !== null)
    useModels.setState(({ freed: before }) => ({ freed: new Map(before).set(modelId, freed) }));
}

export async function fetchLibraryNow(installId: string, url: string, sha256: string | null): Promise<void> {
  await ask(installId, { type: 'fetch-library', url, sha256 });
}

/** @returns whether it is here now; why not is in `failures`. */
export async function importLibraryFile(installId: string, url: string, file: File): Promise<boolean> {
  return (await ask(installId, { type: 'import-library', url, file })) !== null;
}

/** @throws AppError `storage/*`. */
export async function acceptLicence(entry: RunnableEntry): Promise<void> {
  await (await openStore()).accept(entry.id, entry.licence.id, Date.now());
  await refreshInstalls();
  say({ type: 'changed' });
}

/** @throws AppError `storage/*`. */
export async function preferForm(modelId: string, form: PackageForm): Promise<void> {
  await (await openStore()).preferForm(modelId, form);
  await refreshInstalls();
  say({ type: 'changed' });
}

export function hasAccepted(state: Pick<ModelsState, 'accepted'>, entry: RunnableEntry): boolean {
  return !entry.licence.mustAccept || state.accepted.has(licenceKey(entry.id, entry.licence.id));
}

export function dismissNotices(installId: string): void {
  useModels.setState(({ notices }) => ({ notices: notices.filter((each) => each.installId !== installId) }));
}

export function dismissFailures(ids: readonly string[]): void {
  for (const id of ids) setFailure(id, null);
}

/** @returns null when it failed, which the state then says. */
async function ask(installId: string, request: AcquireRequest): Promise<number | null> {
  for (const id of [installId, replacementId(installId)]) setFailure(id, null);
  if (request.type !== 'pause') dismissNotices(installId);
  const outcome = await answerOf(request);
  await refreshInstalls();
  const code = outcome instanceof AppError ? outcome.code : null;
  // A worker that died says nothing more of what it was at, and has no files any more.
  if (code === 'models/worker-failed')
    useModels.setState({ active: null, activeElsewhere: false, filesHeld: new Set() });
  const row = request.type === 'start' ? rowOf(installId) : installId;
  if (code === 'models/file-needed') holdFiles(row, false);
  else if ('files' in request && request.files.length > 0 && (code === null || !NOT_TAKEN.has(code)))
    holdFiles(row, true);
  // Paused and cancelled are what the person asked for; the row says so.
  if (outcome instanceof AppError && !isAbort(outcome)) setFailure(row, outcome);
  return outcome instanceof AppError ? null : outcome;
}

/** The worker did not take the files that it was given with these. */
const NOT_TAKEN: ReadonlySet<string> = new Set(['models/busy', 'models/worker-failed']);

function holdFiles(row: string, held: boolean): void {
  useModels.setState(({ filesHeld: before }) => {
    const filesHeld = new Set(before);
    if (held) filesHeld.add(row);
    else filesHeld.delete(row);
    return { filesHeld };
  });
}

async function answerOf(request: AcquireRequest): Promise<number | AppError> {
  try {
    requireSecurePage();
    return await askAcquirer(request);
  } catch (thrown) {
    return toAppError(thrown);
  }
}

/** Where the acquirer put what was started: beside an install that is here, else in its place. */
function rowOf(installId: string): string {
  const beside = replacementId(installId);
  return useModels.getState().installs.some(({ id }) => id === beside) ? beside : installId;
}

function setFailure(installId: string, error: AppError | null): void {
  useModels.setState(({ failures: before }) => {
    const failures = new Map(before);
    if (error) failures.set(installId, error);
    else failures.delete(installId);
    return { failures };
  });
}

function hear(message: ModelsMessage): void {
  switch (message.type) {
    case 'hello':
      return;
    case 'active':
      if (!isAsking()) followOtherTab();
      useModels.setState({ active: message.job, activeElsewhere: !isAsking() });
      return;
    case 'ended':
      void forgetActive(useModels.getState().active);
      return;
    case 'notice':
      useModels.setState(({ notices }) => ({
        notices: [
          { installId: message.installId, notice: message.notice },
          ...notices.filter(
            (each) => each.installId !== message.installId || each.notice.kind !== message.notice.kind,
          ),
        ],
      }));
      return;
    case 'changed':
      void refreshInstalls();
  }
}

/** Once the row says how it ended: until then it looks like one whose page was closed. */
async function forgetActive(job: ModelsState['active']): Promise<void> {
  await refreshInstalls();
  if (useModels.getState().active === job) useModels.setState({ active: null, activeElsewhere: false });
}

let following = false;

/** The tab at work may be closed without a word: its lock then comes free. */
function followOtherTab(): void {
  if (following || !('locks' in navigator)) return;
  following = true;
  void navigator.locks.request(ACQUIRE_LOCK, { mode: 'shared' }, () => {
    following = false;
    if (!isAsking()) useModels.setState({ active: null, activeElsewhere: false });
    void refreshInstalls();
  });
}

/** What stopped for want of a network, in this tab, goes on when it is back. */
function resumeAfterOffline(): void {
  const { installs, failures } = useModels.getState();
  const waiting = installs.find(
    (each) =>
      each.status === 'incomplete' &&
      each.acquisition.origin.from === 'url' &&
      failures.get(each.id)?.code === 'bytes/offline',
  );
  if (waiting) void resume(waiting.id);
}

/** Only pages may ask; a refusal means that the browser may evict, which the Models screen says. */
async function askToPersist(): Promise<void> {
  try {
    await navigator.storage.persist();
  } catch {
    // No such thing here (an insecure context): the space check that follows reports what matters.
  }
}

function openStore(): Promise<InstallStore> {
  store ??= import('../storage/database-install-store.ts')
    .then(({ openInstallStore }) => openInstallStore())
    .catch((thrown: unknown) => {
      store = null;
      throw thrown;
    });
  return store;
}

function say(message: ModelsMessage): void {
  channel?.postMessage(message);
}
