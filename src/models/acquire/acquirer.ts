/**
 * Runs the one job there is: takes the lock, keeps the row true whatever happens, tells every tab. Lives in the acquisition
 * worker; everything it touches comes in, so that tests run it in node.
 */
import { AppError, isAbort, toAppError } from '../../errors/app-error.ts';
import { packageBaseUrl } from '../../engine/mlc/cache-layout.ts';
import type { AcquireRequest, ActiveAcquisition, ModelsMessage } from './workers/acquire-protocol.ts';
import { isHopeless } from './can-resume.ts';
import { convertModel, type ConvertSetup } from './ways/convert-model.ts';
import { ggufFileName } from '../storage/gguf-store.ts';
import { keepGguf } from './ways/keep-gguf.ts';
import {
  freshRecord,
  stoppedBy,
  updateRecord,
  type ChosenFile,
  type AcquisitionContext,
  type AcquisitionNotice,
  type AcquisitionRun,
} from './ways/acquisition-run.ts';
import { fetchLibrary, freeLibrary, hasLibrary, importLibrary } from './library.ts';
import { runsWith } from '../catalogue/library-url.ts';
import { takePackage } from './ways/take-package.ts';
import { PackageStore } from '../storage/package-store.ts';
import { deleteParts } from '../storage/checksums.ts';
import { isWhole } from '../storage/whole.ts';
import { installId as idOf, libraryId, replacedId, replacementId } from '../catalogue/ids.ts';
import type { Acquisition, InstallRecord } from '../storage/records.ts';
import { clearScratch } from '../storage/scratch.ts';
import { verifyInstall } from './ways/verify-install.ts';

/** Progress is told at most this often: a screen needs no more, and every tab gets it. */
const TELL_EVERY_MS = 500;

export interface AcquirerSetup extends ConvertSetup {
  readonly context: AcquisitionContext;
  /** Runs `work` while no other tab does. @throws AppError `models/busy`. */
  readonly withLock: <T>(work: () => Promise<T>) => Promise<T>;
  readonly broadcast: (message: ModelsMessage) => void;
}

interface Running {
  /** Of the row at work; '' before there is one. */
  installId: string;
  readonly abort: AbortController;
  readonly ended: Promise<unknown>;
}

export class Acquirer {
  readonly #setup: AcquirerSetup;
  readonly #context: AcquisitionContext;
  #running: Running | null = null;
  #active: ActiveAcquisition | null = null;
  #toldAt = 0;
  /** Files stay at hand as long as the page lives, so that Pause and Resume need not ask for them again. */
  readonly #chosen = new Map<string, readonly ChosenFile[]>();

  constructor(setup: AcquirerSetup) {
    this.#setup = setup;
    this.#context = setup.context;
  }

  /** @returns bytes freed, for `delete`; else 0. @throws AppError whatever the job throws; `aborted` when paused or cancelled. */
  async handle(request: AcquireRequest): Promise<number> {
    switch (request.type) {
      case 'start':
        return this.#start(request.acquisition, request.files);
      case 'resume':
        return this.#resume(request.installId, request.files, request.freeReplaced === true);
      case 'verify':
        return this.#verify(request.installId, request.files);
      case 'pause':
        this.#running?.abort.abort(new DOMException('paused', 'AbortError'));
        await this.#running?.ended;
        return 0;
      case 'delete':
        return this.#delete(request.installId);
      case 'tidy':
        return this.#tidy();
      case 'fetch-library':
        await this.#library(request.url, async (run) => fetchLibrary(run, request.url, request.sha256));
        return 0;
      case 'import-library':
        await this.#library(request.url, async (run) =>
          importLibrary(this.#context, request.url, request.file, run.tell),
        );
        return 0;
    }
  }

  /** Answers a tab that just opened. */
  hello(): void {
    if (this.#active) this.#setup.broadcast({ type: 'active', job: this.#active });
  }

  async #start(acquisition: Acquisition, files: readonly ChosenFile[]): Promise<number> {
    const installed = idOf(acquisition.modelId, acquisition.form);
    return this.#exclusively(installed, async (signal) => {
      if (acquisition.licenceId !== null)
        await this.#requireLicence(acquisition.modelId, acquisition.licenceId);
      const id = await this.#placeFor(installed);
      const revision = this.#context.newRevision();
      const isGguf = acquisition.form === 'gguf';
      const record = freshRecord(this.#context, acquisition, {
        id,
        baseUrl: isGguf
          ? ''
          : packageBaseUrl(this.#context.siteUrl, `${acquisition.modelId}-${acquisition.form}`, revision),
        fileName: isGguf ? ggufFileName(acquisition.modelId, revision) : '',
      });
      await this.#context.store.put(record);
      this.#chosen.set(id, files);
      await this.#work(record, signal, jobKind(acquisition));
    });
  }

  /** Where a new row goes: beside what holds any bytes, which stays until the new one is whole. */
  async #placeFor(installed: string): Promise<string> {
    const { store } = this.#context;
    const beside = await store.get(replacementId(installed));
    if (beside) await this.#free(beside);
    const previous = await store.get(installed);
    if (previous && previous.storedBytes > 0 && !isHopeless(previous)) return replacementId(installed);
    if (previous) await this.#free(previous);
    return installed;
  }

  async #resume(id: string, files: readonly ChosenFile[], freeReplaced: boolean): Promise<number> {
    return this.#exclusively(id, async (signal) => {
      const record = await this.#require(id);
      if (files.length > 0) this.#chosen.set(id, files);
      const replaced = freeReplaced ? await this.#replacedBy(record) : null;
      if (replaced) await this.#free(replaced);
      await this.#work(record, signal, jobKind(record.acquisition));
    });
  }

  async #verify(id: string, files: readonly ChosenFile[]): Promise<number> {
    return this.#exclusively(id, async (signal) => {
      const record = await this.#require(id);
      if (files.length > 0) this.#chosen.set(id, files);
      await this.#work(record, signal, 'verify');
    });
  }

  async #delete(id: string): Promise<number> {
    if (this.#running?.installId === id) {
      this.#running.abort.abort(new DOMException('cancelled', 'AbortError'));
      await this.#running.ended;
    }
    const freed = await this.#setup.withLock(async () => {
      const record = await this.#context.store.get(id);
      return record ? (await this.#free(record)) + (await this.#freeLibrary(record)) : 0;
    });
    this.#chosen.delete(id);
    this.#setup.broadcast({ type: 'changed' });
    return freed;
  }

  /** @returns bytes freed. */
  async #tidy(): Promise<number> {
    const { store, caches, readGguf } = this.#context;
    const freed = await this.#setup.withLock(async () => {
      for (const record of await store.list()) {
        if (record.status === 'ready' && !(await isWhole(record, caches, readGguf)))
          await updateRecord(this.#context, record, { status: 'damaged', storedBytes: 0 });
      }
      await clearScratch();
      return this.#freeSuperseded();
    });
    this.#setup.broadcast({ type: 'changed' });
    return freed;
  }

  async #freeLibrary({ acquisition }: InstallRecord): Promise<number> {
    const url = runsWith(acquisition, this.#context.siteUrl);
    return url === null ? 0 : freeLibrary(this.#context, url);
  }

  /** One job at a time, in this tab and in all tabs. */
  async #exclusively(installId: string, work: (signal: AbortSignal) => Promise<void>): Promise<number> {
    if (this.#running)
      throw new AppError('models/busy', 'another job runs in this tab', {
        installId: this.#running.installId,
      });
    const abort = new AbortController();
    const job = this.#setup.withLock(() => work(abort.signal));
    const running: Running = { installId, abort, ended: job.catch(() => undefined) };
    this.#running = running;
    try {
      await job;
      return 0;
    } finally {
      this.#running = null;
      this.#active = null;
      this.#setup.broadcast({ type: 'ended', installId });
      this.#setup.broadcast({ type: 'changed' });
    }
  }

  /** Runs the job of a row, and leaves the row saying how it ended. */
  async #work(record: InstallRecord, signal: AbortSignal, kind: ActiveAcquisition['kind']): Promise<void> {
    const { store } = this.#context;
    if (this.#running) this.#running.installId = record.id;
    await this.#freeSuperseded();
    const run = this.#run(record, signal, kind);
    const chosen = this.#chosen.get(record.id) ?? [];
    run.report({ phase: 'preparing', ...record.progress, bytesPerSecond: 0 });
    this.#setup.broadcast({ type: 'changed' });
    let installed: InstallRecord;
    try {
      installed = await this.#install(await this.#performAfterChange(run, record, chosen, kind));
    } catch (thrown) {
      const latest = (await store.get(record.id)) ?? record;
      // A failed check leaves a model that was whole before it as it is: "ready" or "damaged", not "incomplete".
      const error = await this.#withRoomBeside(latest, causeOf(thrown, signal));
      const stopped = kind === 'verify' && isAbort(error) ? latest.stopped : stoppedBy(error, isAbort(error));
      await updateRecord(this.#context, latest, { stopped });
      throw error;
    }
    if (this.#running) this.#running.installId = installed.id;
    await this.#freeSuperseded();
    await this.#bringLibrary(run, installed);
  }

  /** The moment a checked model becomes the installed one: one write, before which nothing of the old one is touched. */
  async #install(ready: InstallRecord): Promise<InstallRecord> {
    const id = replacedId(ready.id);
    if (id === null) return updateRecord(this.#context, ready, {});
    const { store } = this.#context;
    const previous = await store.get(id);
    const superseded = previous && { baseUrl: previous.baseUrl, fileName: previous.fileName };
    const installed = { ...ready, id, superseded, updatedAt: this.#context.now() };
    await store.moveTo(installed, ready.id);
    this.#chosen.set(id, this.#chosen.get(ready.id) ?? []);
    this.#chosen.delete(ready.id);
    return installed;
  }

  /** Frees what replaced installs left; what can't be freed now stays noted in its row. @returns bytes freed. */
  async #freeSuperseded(): Promise<number> {
    let freed = 0;
    for (const record of await this.#context.store.list()) {
      if (record.superseded === null) continue;
      try {
        freed += await this.#freeFiles(record.superseded);
        await updateRecord(this.#context, record, { superseded: null });
      } catch (thrown) {
        // Open in another tab, or a disk in trouble: no reason to stop, and the row still says what there is to free.
        if (!(thrown instanceof AppError)) throw thrown;
      }
    }
    return freed;
  }

  #replacedBy({ id }: InstallRecord): Promise<InstallRecord | null> {
    const replaced = replacedId(id);
    return replaced === null ? Promise.resolve(null) : this.#context.store.get(replaced);
  }

  /** Where only the installed one stands in the way of the new one, that is another question than a full disk. */
  async #withRoomBeside(record: InstallRecord, error: AppError): Promise<AppError> {
    const installedBytes = (await this.#replacedBy(record))?.storedBytes ?? 0;
    if (installedBytes === 0) return error;
    const { doneBytes, totalBytes } = record.progress;
    const full = error.code === 'storage/full';
    const { neededBytes, freeBytes } = full
      ? { neededBytes: Math.max(0, totalBytes - doneBytes), freeBytes: 0 }
      : error.details;
    if (!full && error.code !== 'models/not-enough-space') return error;
    if (Number(freeBytes) + installedBytes < Number(neededBytes)) return error;
    return new AppError(
      'models/no-room-beside',
      'the disk does not hold the installed model and its replacement',
      { neededBytes: Number(neededBytes), freeBytes: Number(freeBytes), installedBytes },
      { cause: error },
    );
  }

  /** A source that changes under the work is begun again, once; one that keeps changing is an error. */
  async #performAfterChange(
    run: AcquisitionRun,
    record: InstallRecord,
    chosen: readonly ChosenFile[],
    kind: ActiveAcquisition['kind'],
  ): Promise<InstallRecord> {
    try {
      return await this.#perform(run, record, chosen, kind);
    } catch (thrown) {
      if (!(thrown instanceof AppError) || thrown.code !== 'bytes/changed' || chosen.length > 0) throw thrown;
      const latest = (await this.#context.store.get(record.id)) ?? record;
      return this.#perform(run, latest, chosen, kind);
    }
  }

  #perform(
    run: AcquisitionRun,
    record: InstallRecord,
    chosen: readonly ChosenFile[],
    kind: ActiveAcquisition['kind'],
  ): Promise<InstallRecord> {
    if (kind === 'verify') return verifyInstall(run, record, chosen, this.#setup);
    if (record.acquisition.form === 'gguf') return keepGguf(run, record, chosen, this.#setup);
    if (record.acquisition.origin.format === 'mlc') return takePackage(run, record, chosen);
    return convertModel(run, record, chosen, this.#setup);
  }

  /** The model is worth keeping without its library: that can be imported, or fetched when the network is back. */
  async #bringLibrary(run: AcquisitionRun, record: InstallRecord): Promise<void> {
    const { library } = record.acquisition;
    if (!library || record.acquisition.origin.from === 'files') return;
    if (await hasLibrary(this.#context.caches, library.url)) return;
    try {
      await fetchLibrary(run, library.url, library.sha256);
    } catch (thrown) {
      if (isAbort(thrown) && run.signal.aborted) return;
      run.tell({ kind: 'library-missing', url: library.url, code: toAppError(thrown).code });
    }
  }

  async #library(url: string, work: (run: AcquisitionRun) => Promise<unknown>): Promise<void> {
    const abort = new AbortController();
    const tell = (notice: AcquisitionNotice): void => {
      this.#setup.broadcast({ type: 'notice', installId: libraryId(url), notice });
    };
    await work({ ...this.#context, signal: abort.signal, report: () => undefined, tell });
    this.#setup.broadcast({ type: 'changed' });
  }

  #run(record: InstallRecord, signal: AbortSignal, kind: ActiveAcquisition['kind']): AcquisitionRun {
    return {
      ...this.#context,
      signal,
      report: (progress) => {
        const phaseChanged = this.#active?.progress.phase !== progress.phase;
        this.#active = { installId: record.id, modelId: record.acquisition.modelId, kind, progress };
        const now = this.#context.now();
        if (!phaseChanged && now - this.#toldAt < TELL_EVERY_MS) return;
        this.#toldAt = now;
        this.#setup.broadcast({ type: 'active', job: this.#active });
      },
      tell: (notice) => {
        this.#setup.broadcast({ type: 'notice', installId: record.id, notice });
      },
    };
  }

  async #requireLicence(modelId: string, licenceId: string): Promise<void> {
    if (await this.#context.store.hasAccepted(modelId, licenceId)) return;
    throw new AppError('models/licence', `the licence ${licenceId} has not been accepted`, {
      modelId,
      licenceId,
    });
  }

  async #require(id: string): Promise<InstallRecord> {
    const record = await this.#context.store.get(id);
    if (!record) throw new AppError('models/unknown', `nothing is stored as ${id}`, { installId: id });
    return record;
  }

  /** The row goes last: until then Delete can be pressed again. */
  async #free(record: InstallRecord): Promise<number> {
    const { store } = this.#context;
    let freed = await this.#freeFiles(record);
    if (record.superseded) freed += await this.#freeFiles(record.superseded);
    await store.deleteJournal(record.id);
    await deleteParts(store, record.id);
    await store.delete(record.id);
    return freed;
  }

  #freeFiles({ baseUrl, fileName }: Pick<InstallRecord, 'baseUrl' | 'fileName'>): Promise<number> {
    return fileName === ''
      ? new PackageStore(baseUrl, this.#context.caches).deleteAll()
      : this.#context.deleteGguf(fileName);
  }
}

/** Browsers also break off what nobody asked them to stop: that is a failure, and must not pass for a pause. */
function causeOf(thrown: unknown, signal: AbortSignal): AppError {
  const error = toAppError(thrown);
  if (!isAbort(error) || signal.aborted) return error;
  return new AppError('models/interrupted', error.message, error.details, { cause: thrown });
}

function jobKind({ form, origin }: Acquisition): ActiveAcquisition['kind'] {
  if (origin.from === 'files') return 'import';
  return form === 'gguf' || origin.format === 'mlc' ? 'download' : 'convert';
}
