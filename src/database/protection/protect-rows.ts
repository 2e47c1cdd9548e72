/**
 * Encryption below everything that reads or writes: a layer of Dexie's that seals whole rows and leaves beside the sealed bytes
 * only the keys that the database finds them by (ids, times, numbers; no words). Rows that are not sealed are read as they are,
 * so that a database half way into or out of encryption is whole at every moment.
 */
import type { DBCore, DBCoreCursor, DBCoreTable, Middleware } from 'dexie';
import { AppError } from '../../errors/app-error.ts';

export interface RowCipher {
  /** For the workers of this page. */
  readonly key: Uint8Array<ArrayBuffer>;
  seal(place: string, row: object): Uint8Array<ArrayBuffer>;
  /** @throws AppError `lock/damaged` */
  open(place: string, sealed: Uint8Array): unknown;
  /** Of no use from now on. */
  forget(): void;
}

export type Protection =
  /** Rows are as they are. */
  | { readonly kind: 'off' }
  /** There is a key, and it is not here: nothing is read or written. */
  | { readonly kind: 'locked' }
  | { readonly kind: 'on'; readonly cipher: RowCipher }
  /** On the way out: sealed rows are read, none is written. */
  | { readonly kind: 'ending'; readonly cipher: RowCipher };

/** Tables that hold what a person or a model wrote. The others say which models are here, and how the app was set up. */
export const PROTECTED_TABLES = [
  'conversations',
  'messages',
  'prompts',
  'partials',
  'drafts',
  'folders',
  'deletions',
  'searchSegments',
  'examSets',
  'examItems',
  'examCards',
  'examSessions',
  'examAnswers',
  'examRuns',
  'examResults',
  'examPrompts',
  'examRatings',
] as const;

/**
 * Rows of words among those that say how the app is set up, which must be read before there is a key: by table and key. A room
 * that keeps words in such a row takes its key from here.
 */
export const WORD_ROWS = { savedTexts: 'saved-texts', presets: 'presets' } as const;
export const WORD_ROWS_TABLE = 'settings';

/** Keys made of words. What stands on the disk in their place; lists by them are sorted in memory (repository.ts). */
const WORDS: Readonly<Record<string, string>> = { byTitle: '' };

/** Below Dexie's own layers (-1 and up), which see rows as they are. */
const LEVEL = -2;

interface SealedRow {
  readonly sealed: Uint8Array;
}

function isSealed(row: unknown): row is SealedRow {
  return typeof row === 'object' && row !== null && 'sealed' in row && row.sealed instanceof Uint8Array;
}

export function protectRows(current: () => Protection): Middleware<DBCore> {
  const names = new Set<string>(PROTECTED_TABLES);
  const wordKeys = new Set<unknown>(Object.values(WORD_ROWS));
  return {
    stack: 'dbcore',
    name: 'protectRows',
    level: LEVEL,
    create: (down) => ({
      ...down,
      table: (name) => {
        if (names.has(name)) return protectedTable(down.table(name), current, () => true);
        if (name === WORD_ROWS_TABLE)
          return protectedTable(down.table(name), current, (key) => wordKeys.has(key));
        return down.table(name);
      },
    }),
  };
}

/** @param holdsWords whether the row with this key is to be sealed. */
function protectedTable(
  table: DBCoreTable,
  current: () => Protection,
  holdsWords: (key: unknown) => boolean,
): DBCoreTable {
  const { primaryKey, indexes } = table.schema;
  const plainKeys = [...new Set([primaryKey, ...indexes].flatMap(({ keyPath }) => keyPath ?? []))];
  const keyOf = (row: unknown): unknown => primaryKey.extractKey?.(row);
  const placeOf = (row: object): string => `${table.name} ${JSON.stringify(keyOf(row))}`;

  const unlocked = (): Exclude<Protection, { kind: 'locked' }> => {
    const protection = current();
    if (protection.kind === 'locked') throw new AppError('storage/locked', 'The database is locked');
    return protection;
  };
  const opened = (row: unknown): unknown => {
    if (!isSealed(row)) return row;
    const protection = unlocked();
    if (protection.kind === 'off') throw new AppError('storage/locked', 'A sealed row, and no key');
    return protection.cipher.open(placeOf(row), row.sealed);
  };
  const sealedRow = (row: unknown): unknown => {
    if (!holdsWords(keyOf(row))) return row;
    const protection = unlocked();
    if (protection.kind !== 'on' || typeof row !== 'object' || row === null) return row;
    const plain = plainKeys.flatMap((key) =>
      key in row ? [[key, WORDS[key] ?? (row as Record<string, unknown>)[key]] as const] : [],
    );
    return { ...Object.fromEntries(plain), sealed: protection.cipher.seal(placeOf(row), row) };
  };

  return {
    ...table,
    mutate(request) {
      if (request.type !== 'add' && request.type !== 'put') {
        // Of a table that holds other rows, too, any may go.
        if (holdsWords(undefined)) unlocked();
        return table.mutate(request);
      }
      return table.mutate({ ...request, values: request.values.map(sealedRow) });
    },
    get: (request) => table.get(request).then(opened),
    getMany: (request) => table.getMany(request).then((rows) => rows.map(opened)),
    query: (request) =>
      table
        .query(request)
        .then((response) =>
          request.values ? { ...response, result: (response.result as unknown[]).map(opened) } : response,
        ),
    openCursor: (request) =>
      table
        .openCursor(request)
        .then((cursor) => cursor && (request.values ? openedCursor(cursor, opened) : cursor)),
  };
}

/** The same cursor with another value; its getters ask for their own `this`. */
function openedCursor(cursor: DBCoreCursor, opened: (row: unknown) => unknown): DBCoreCursor {
  return Object.create(cursor, {
    key: { get: (): unknown => cursor.key },
    primaryKey: { get: (): unknown => cursor.primaryKey },
    value: { get: (): unknown => opened(cursor.value) },
  }) as DBCoreCursor;
}
