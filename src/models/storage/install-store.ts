/** Where the rows about models live. The database is a detail: jobs and tests need only this. */
import { licenceKey, partsId } from '../catalogue/ids.ts';
import { installRecord, type InstallRecord, type LibraryRecord, type PackageForm } from './records.ts';

export interface InstallStore {
  list(): Promise<InstallRecord[]>;
  get(id: string): Promise<InstallRecord | null>;
  put(record: InstallRecord): Promise<void>;
  delete(id: string): Promise<void>;
  /** Writes a row in place of the one called `from`, whose journals it takes over: all of it or nothing. */
  moveTo(record: InstallRecord, from: string): Promise<void>;

  /** What a job needs to go on: structured-cloneable, its shape is the job's. undefined when there is none. */
  readJournal(id: string): Promise<unknown>;
  writeJournal(id: string, journal: unknown): Promise<void>;
  deleteJournal(id: string): Promise<void>;

  listLibraries(): Promise<LibraryRecord[]>;
  putLibrary(record: LibraryRecord): Promise<void>;
  deleteLibrary(id: string): Promise<void>;

  hasAccepted(modelId: string, licenceId: string): Promise<boolean>;
  accept(modelId: string, licenceId: string, at: number): Promise<void>;
  /** `licenceKey` of each. */
  listAccepted(): Promise<string[]>;

  /** Which of several installed forms of a model to load. */
  preferForm(modelId: string, form: PackageForm): Promise<void>;
  listPreferredForms(): Promise<[modelId: string, form: PackageForm][]>;
}

/** For tests: nothing survives a reload, and a row that the database could not read again is refused. */
export class MemoryInstallStore implements InstallStore {
  readonly #installs = new Map<string, InstallRecord>();
  readonly #journals = new Map<string, unknown>();
  readonly #libraries = new Map<string, LibraryRecord>();
  readonly #accepted = new Set<string>();
  readonly #forms = new Map<string, PackageForm>();

  list(): Promise<InstallRecord[]> {
    return Promise.resolve([...this.#installs.values()]);
  }

  get(id: string): Promise<InstallRecord | null> {
    return Promise.resolve(this.#installs.get(id) ?? null);
  }

  put(record: InstallRecord): Promise<void> {
    this.#installs.set(record.id, structuredClone(installRecord.parse(record)));
    return Promise.resolve();
  }

  delete(id: string): Promise<void> {
    this.#installs.delete(id);
    return Promise.resolve();
  }

  moveTo(record: InstallRecord, from: string): Promise<void> {
    this.#installs.set(record.id, structuredClone(installRecord.parse(record)));
    this.#installs.delete(from);
    for (const journalOf of [(id: string) => id, partsId]) {
      const journal = this.#journals.get(journalOf(from));
      this.#journals.delete(journalOf(from));
      if (journal === undefined) this.#journals.delete(journalOf(record.id));
      else this.#journals.set(journalOf(record.id), journal);
    }
    return Promise.resolve();
  }

  readJournal(id: string): Promise<unknown> {
    return Promise.resolve(structuredClone(this.#journals.get(id)));
  }

  writeJournal(id: string, journal: unknown): Promise<void> {
    this.#journals.set(id, structuredClone(journal));
    return Promise.resolve();
  }

  deleteJournal(id: string): Promise<void> {
    this.#journals.delete(id);
    return Promise.resolve();
  }

  listLibraries(): Promise<LibraryRecord[]> {
    return Promise.resolve([...this.#libraries.values()]);
  }

  putLibrary(record: LibraryRecord): Promise<void> {
    this.#libraries.set(record.id, record);
    return Promise.resolve();
  }

  deleteLibrary(id: string): Promise<void> {
    this.#libraries.delete(id);
    return Promise.resolve();
  }

  hasAccepted(modelId: string, licenceId: string): Promise<boolean> {
    return Promise.resolve(this.#accepted.has(licenceKey(modelId, licenceId)));
  }

  accept(modelId: string, licenceId: string): Promise<void> {
    this.#accepted.add(licenceKey(modelId, licenceId));
    return Promise.resolve();
  }

  listAccepted(): Promise<string[]> {
    return Promise.resolve([...this.#accepted]);
  }

  preferForm(modelId: string, form: PackageForm): Promise<void> {
    this.#forms.set(modelId, form);
    return Promise.resolve();
  }

  listPreferredForms(): Promise<[string, PackageForm][]> {
    return Promise.resolve([...this.#forms]);
  }
}
