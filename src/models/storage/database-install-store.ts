/** `InstallStore` on the app's database. */
import { openDatabase, type ChatDatabase } from '../../database/database.ts';
import { storageError } from '../../database/database-error.ts';
import type { InstallStore } from './install-store.ts';
import { licenceKey, partsId } from '../catalogue/ids.ts';
import {
  installRecord,
  libraryRecord,
  licenceRecord,
  preferenceRecord,
  type InstallRecord,
  type LibraryRecord,
  type PackageForm,
} from './records.ts';

/**
 * Opens its own connection: the acquisition worker has none to share.
 * @throws AppError `storage/*`.
 */
export async function openInstallStore(): Promise<DatabaseInstallStore> {
  // A connection in the way of an upgrade closes itself; the page's own connection is the one that tells the person.
  const quiet = (): void => undefined;
  return new DatabaseInstallStore(await openDatabase({ onBlocked: quiet, onOutdated: quiet }));
}

export class DatabaseInstallStore implements InstallStore {
  readonly #db: ChatDatabase;

  constructor(db: ChatDatabase) {
    this.#db = db;
  }

  async list(): Promise<InstallRecord[]> {
    const rows = await typed(this.#db.models.where('id').startsWith('install:').toArray());
    // A row another version wrote in a shape unknown here is not shown; its files stay until that version or Delete.
    return rows.flatMap((row) => {
      const parsed = installRecord.safeParse(row.value);
      return parsed.success ? [parsed.data] : [];
    });
  }

  async get(id: string): Promise<InstallRecord | null> {
    const row = await typed(this.#db.models.get(id));
    const parsed = installRecord.safeParse(row?.value);
    return parsed.success ? parsed.data : null;
  }

  async put(record: InstallRecord): Promise<void> {
    await typed(this.#db.models.put({ id: record.id, value: record }));
  }

  async delete(id: string): Promise<void> {
    await typed(this.#db.models.delete(id));
  }

  async moveTo(record: InstallRecord, from: string): Promise<void> {
    const { models, journals } = this.#db;
    await typed(
      this.#db.transaction('rw', models, journals, async () => {
        await models.put({ id: record.id, value: record });
        await models.delete(from);
        for (const journalOf of [(id: string) => id, partsId]) {
          const journal = await journals.get(journalOf(from));
          await journals.delete(journalOf(from));
          if (journal) await journals.put({ ...journal, id: journalOf(record.id) });
          else await journals.delete(journalOf(record.id));
        }
      }),
    );
  }

  async readJournal(id: string): Promise<unknown> {
    return (await typed(this.#db.journals.get(id)))?.value;
  }

  async writeJournal(id: string, journal: unknown): Promise<void> {
    await typed(this.#db.journals.put({ id, value: journal }));
  }

  async deleteJournal(id: string): Promise<void> {
    await typed(this.#db.journals.delete(id));
  }

  async listLibraries(): Promise<LibraryRecord[]> {
    const rows = await typed(this.#db.models.where('id').startsWith('library:').toArray());
    return rows.flatMap((row) => {
      const parsed = libraryRecord.safeParse(row.value);
      return parsed.success ? [parsed.data] : [];
    });
  }

  async putLibrary(record: LibraryRecord): Promise<void> {
    await typed(this.#db.models.put({ id: record.id, value: record }));
  }

  async deleteLibrary(id: string): Promise<void> {
    await typed(this.#db.models.delete(id));
  }

  async hasAccepted(modelId: string, licenceId: string): Promise<boolean> {
    const row = await typed(this.#db.models.get(`licence:${licenceKey(modelId, licenceId)}`));
    return licenceRecord.safeParse(row?.value).success;
  }

  async accept(modelId: string, licenceId: string, at: number): Promise<void> {
    const value = { modelId, licenceId, acceptedAt: at };
    await typed(this.#db.models.put({ id: `licence:${licenceKey(modelId, licenceId)}`, value }));
  }

  async listAccepted(): Promise<string[]> {
    const rows = await typed(this.#db.models.where('id').startsWith('licence:').toArray());
    return rows.flatMap((row) => {
      const parsed = licenceRecord.safeParse(row.value);
      return parsed.success ? [licenceKey(parsed.data.modelId, parsed.data.licenceId)] : [];
    });
  }

  async preferForm(modelId: string, form: PackageForm): Promise<void> {
    await typed(this.#db.models.put({ id: `prefer:${modelId}`, value: { modelId, form } }));
  }

  async listPreferredForms(): Promise<[string, PackageForm][]> {
    const rows = await typed(this.#db.models.where('id').startsWith('prefer:').toArray());
    return rows.flatMap((row): [string, PackageForm][] => {
      const parsed = preferenceRecord.safeParse(row.value);
      return parsed.success ? [[parsed.data.modelId, parsed.data.form]] : [];
    });
  }
}

async function typed<T>(work: PromiseLike<T>): Promise<T> {
  try {
    return await work;
  } catch (thrown) {
    throw storageError(thrown);
  }
}
