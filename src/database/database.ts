/** Opens the database and says, typed, why when it can't. Everything that reads or writes it goes through this Dexie class. */
import Dexie, { liveQuery, type DexieOptions, type Observable, type Table } from 'dexie';
import { AppError } from '../errors/app-error.ts';
import { DATABASE_NAME, storageError } from './database-error.ts';
import type { Folder } from './records.ts';
import type {
  ActivityRow,
  ConversationRow,
  DeletionRow,
  DraftRow,
  ExamCardRow,
  ExamItemRow,
  ExamPracticeRow,
  ExamPromptRow,
  ExamRatingRow,
  ExamResultRow,
  MessageRow,
  OpaqueRow,
  PartialRow,
  PromptRow,
  SchemaVersion,
  SearchLogRow,
  SearchSegmentRow,
  SettingRow,
} from './schema.ts';
import { startFreshLog } from './fresh-log.ts';
import { protectRows, type Protection } from './protection/protect-rows.ts';
import { SCHEMA } from './schema.ts';

/** IndexedDB as a global or as a stand-in. */
export interface IndexedDbApi {
  readonly indexedDB: IDBFactory;
  readonly IDBKeyRange: typeof IDBKeyRange;
}

export class ChatDatabase extends Dexie {
  declare readonly conversations: Table<ConversationRow, string>;
  declare readonly messages: Table<MessageRow, string>;
  declare readonly prompts: Table<PromptRow, string>;
  declare readonly partials: Table<PartialRow, string>;
  declare readonly drafts: Table<DraftRow, string>;
  declare readonly folders: Table<Folder, string>;
  declare readonly deletions: Table<DeletionRow, string>;
  declare readonly settings: Table<SettingRow, string>;
  declare readonly models: Table<OpaqueRow, string>;
  declare readonly journals: Table<OpaqueRow, string>;
  declare readonly searchLog: Table<SearchLogRow, number, SearchLogRow>;
  declare readonly searchSegments: Table<SearchSegmentRow, string>;
  declare readonly examSets: Table<OpaqueRow, string>;
  declare readonly examItems: Table<ExamItemRow, [string, number]>;
  declare readonly examCards: Table<ExamCardRow, [string, string]>;
  declare readonly examSessions: Table<ExamPracticeRow, string>;
  declare readonly examAnswers: Table<ExamPracticeRow, string>;
  declare readonly examRuns: Table<OpaqueRow, string>;
  declare readonly examResults: Table<ExamResultRow, [string, number]>;
  declare readonly examPrompts: Table<ExamPromptRow, [string, number]>;
  declare readonly examRatings: Table<ExamRatingRow, [string, number]>;
  declare readonly activity: Table<ActivityRow, number, ActivityRow>;

  /** Whether rows are sealed, and with what. */
  protection: Protection = { kind: 'off' };

  constructor(name: string, api: IndexedDbApi | null, schema: readonly SchemaVersion[] = SCHEMA) {
    const options: DexieOptions = {
      // A question must be on the disk, not in the system's buffers, before it is sent (Chromium's default is relaxed).
      chromeTransactionDurability: 'strict',
      // Dexie's query cache shows writes before they are durable; here what is on screen is what is kept.
      cache: 'disabled',
      ...(api ?? {}),
    };
    super(name, options);
    this.use(protectRows(() => this.protection));
    for (const { version, stores, upgrade } of schema) {
      const declared = this.version(version).stores(stores);
      if (upgrade) declared.upgrade(upgrade);
    }
  }

  /** Closed by this page, and not by the browser under it. */
  #closedByApp = false;

  override close(options?: { readonly disableAutoOpen: boolean }): void {
    // Dexie closes like that before it opens again by itself.
    this.#closedByApp ||= options?.disableAutoOpen !== false;
    super.close(options);
  }

  /**
   * Opens the connection again where the browser closed it and Dexie's own try failed, after which Dexie tries no more. Chromium closes
   * it when the disk is full ("Connection is closing because of: IO error"), and opens it when there is room.
   * @returns whether it was lost. @throws AppError `storage/full`, `storage/failed` while it can't be opened.
   */
  async openAgain(): Promise<boolean> {
    if (this.isOpen() || this.#closedByApp) return false;
    try {
      await this.open();
    } catch (thrown) {
      throw storageError(thrown);
    }
    return true;
  }

  /** Answers again whenever rows that the query read have changed, in whichever tab. */
  live<T>(query: () => T | Promise<T>): Observable<T> {
    return liveQuery(query);
  }
}

export interface DatabaseEvents {
  /** Another tab holds an older version open; the opening goes on when it closes. */
  readonly onBlocked: (error: AppError) => void;
  /** This connection was closed so that another tab can upgrade; nothing works until a reload. */
  readonly onOutdated: (error: AppError) => void;
  /** The browser, or somebody's tool, removed the database under this connection, which is closed now. */
  readonly onRemoved?: () => void;
}

/**
 * Opens the database and upgrades it if needed.
 * @throws AppError `storage/version` when a newer app wrote it, `storage/full`, `storage/unavailable` when there is no
 * IndexedDB or it refuses to open.
 */
export async function openDatabase(
  events: DatabaseEvents,
  options: {
    readonly name?: string;
    readonly api?: IndexedDbApi;
    readonly schema?: readonly SchemaVersion[];
  } = {},
): Promise<ChatDatabase> {
  const schema = options.schema ?? SCHEMA;
  const db = new ChatDatabase(options.name ?? DATABASE_NAME, options.api ?? null, schema);
  db.on('blocked', () => {
    events.onBlocked(
      new AppError('storage/blocked', 'Another connection keeps an older schema version open'),
    );
    return undefined;
  });
  // Site data was cleared: browsers close the connections to what they remove. Dexie would open an empty database without a
  // word, and its own event tells of every closing.
  db.on(
    'ready',
    // After every opening, also one by Dexie itself; what the app asks waits until this is through.
    async () => {
      await startFreshLog(options.api?.indexedDB ?? indexedDB);
      db.backendDB().addEventListener('close', () => {
        events.onRemoved?.();
      });
    },
    true,
  );
  db.on('versionchange', (event) => {
    db.close();
    if (event.newVersion === null) {
      events.onRemoved?.();
      return false;
    }
    events.onOutdated(new AppError('storage/version', 'Another tab is upgrading or deleting the database'));
    // Dexie's own handler comes next unless stopped, and would let this older code open the newer database again.
    return false;
  });
  try {
    await db.open();
  } catch (thrown) {
    throw storageError(thrown, 'storage/unavailable');
  }
  // Dexie opens a newer database with the older code; rows of a schema this code does not know must not be written.
  const known = Math.max(...schema.map((entry) => entry.version));
  // Dexie multiplies its versions by ten.
  const found = Math.floor(db.backendDB().version / 10);
  if (found > known) {
    db.close();
    throw new AppError('storage/version', `The database has version ${found}, this app knows ${known}`, {
      found,
      known,
    });
  }
  return db;
}
