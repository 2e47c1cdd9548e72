/** What every reader shares: the shapes of tables that files turn into, and one way to make an item of a record. */
import {
  cutToName,
  MAX_CONTEXT_CHARACTERS,
  MAX_EXPLANATION_CHARACTERS,
  MAX_OPTION_CHARACTERS,
  MAX_OPTIONS,
  MAX_QUESTION_CHARACTERS,
} from './limits.ts';

export type JsonRecord = Readonly<Record<string, unknown>>;

/** What reading a file into a table met: it is said whatever reads the table then. */
interface TableFacts {
  readonly file: string;
  readonly notes?: readonly string[];
  /** Lines that are not JSON, counted from 1: left out. */
  readonly badLines?: readonly number[];
}

/** What the preamble of Anki's export says of its notes. */
interface AnkiFacts {
  /** Whether the fields are HTML: they are unless the file denies it. */
  readonly html: boolean;
  /** The deck of each row, or its tags; empty when no column holds them. */
  readonly subjects: readonly string[];
}

/** A file's contents before anything is known of questions. */
export type Table =
  /** Records with named fields: JSON, JSON lines, parquet. */
  | (TableFacts & { readonly kind: 'records'; readonly records: readonly unknown[] })
  /** Rows of cells, with or without a header: CSV, TSV, Anki's export. */
  | (TableFacts & {
      readonly kind: 'rows';
      readonly rows: readonly (readonly string[])[];
      /** Column names that the file itself gives in its own preamble (Anki); null: none, or they are the first row. */
      readonly columns: readonly string[] | null;
      /** The first row of `rows` in the file, counted from 1. */
      readonly firstRow: number;
      readonly anki: AnkiFacts | null;
    })
  /** A JSON object by key, as PubMedQA is published. */
  | (TableFacts & {
      readonly kind: 'keyed';
      readonly entries: readonly (readonly [string, unknown])[];
    });

export type SkipReason =
  | 'malformed'
  | 'no-question'
  | 'too-few-options'
  | 'too-many-options'
  | 'too-long'
  | 'key-names-no-option'
  | 'not-multiple-choice'
  | 'only-an-image'
  | 'duplicate';

export const LEFT_OUT_TEXT: Readonly<Record<SkipReason, string>> = {
  malformed: 'not a record of this format',
  'no-question': 'no question text',
  'too-few-options': 'fewer than two options',
  'too-many-options': `more than ${MAX_OPTIONS} options`,
  'too-long': 'a text longer than the limit',
  'key-names-no-option': 'the key names no option of the item',
  'not-multiple-choice': 'not a multiple-choice question',
  'only-an-image': 'the question or an option is an image, which is not in the file',
  duplicate: 'the same question with the same options was read before',
};

/** An item on its way in: `id` may be missing or repeat, texts are checked. */
export interface Draft {
  readonly id: string;
  readonly question: string;
  readonly context: string;
  readonly options: readonly string[];
  readonly answer: readonly number[];
  readonly explanation: string;
  readonly subject: string;
  readonly split: string;
}

/** Where an item had an image that its file only names. `question`: anywhere but in the explanation. */
export type LostImage = 'question' | 'explanation';

/** `row`: where in the file, counted from 1. */
export type Reading =
  | { readonly row: number; readonly draft: Draft; readonly lostImage?: LostImage }
  | { readonly row: number; readonly skipped: SkipReason };

export interface ReaderResult {
  readonly readings: readonly Reading[];
  /** What a person should know, in sentences: e.g. how the key was counted. */
  readonly notes: readonly string[];
}

/** Facts from the other files of the same import. */
export interface ReaderContext {
  /** PubMedQA's `test_ground_truth.json`: PMID to decision. */
  readonly truth: ReadonlyMap<string, string> | null;
}

/** One published format. Each is about 60 lines and knows nothing of the others. */
export interface Reader {
  readonly id: string;
  readonly name: string;
  /** Whether the table is of this format, judged by its first records. */
  matches(table: Table): boolean;
  read(table: Table, context: ReaderContext): ReaderResult;
}

interface ItemFields {
  readonly id?: string;
  readonly question: string;
  readonly context?: string;
  readonly options: readonly string[];
  /** Indices in any order; null: no key; an index outside the options or -1: a key that names none. */
  readonly answer: readonly number[] | null;
  readonly explanation?: string;
  readonly subject?: string;
  readonly split?: string;
}

/** Checks the limits, trims names, and says why an item can't be one. Question and options keep their own white space. */
export function reading(row: number, parts: ItemFields): Reading {
  const { question, options, context = '', explanation = '' } = parts;
  if (question.trim() === '') return { row, skipped: 'no-question' };
  if (options.length < 2 || options.filter((option) => option.trim() !== '').length < 2) {
    return { row, skipped: 'too-few-options' };
  }
  if (options.length > MAX_OPTIONS) return { row, skipped: 'too-many-options' };
  if (
    question.length > MAX_QUESTION_CHARACTERS ||
    context.length > MAX_CONTEXT_CHARACTERS ||
    explanation.length > MAX_EXPLANATION_CHARACTERS ||
    options.some((option) => option.length > MAX_OPTION_CHARACTERS)
  ) {
    return { row, skipped: 'too-long' };
  }
  const answer = [...new Set(parts.answer ?? [])].sort((a, b) => a - b);
  if (answer.some((index) => !Number.isInteger(index) || index < 0 || index >= options.length)) {
    return { row, skipped: 'key-names-no-option' };
  }
  return {
    row,
    draft: {
      id: nameText(parts.id ?? ''),
      question,
      context,
      options,
      answer,
      explanation,
      subject: nameText(parts.subject ?? ''),
      split: nameText(parts.split ?? ''),
    },
  };
}

function nameText(text: string): string {
  return cutToName(text.trim());
}

export function isRecord(value: unknown): value is JsonRecord {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The field as text: a number or boolean counts, anything else is empty. */
export function text(record: JsonRecord, field: string): string {
  const value = Object.hasOwn(record, field) ? record[field] : undefined;
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean'
    ? String(value)
    : '';
}

/** The field as a whole number; null when it is none. Parquet gives 64-bit columns as bigint. */
export function integer(record: JsonRecord, field: string): number | null {
  return wholeNumber(text(record, field));
}

/** pandas writes the whole numbers of a column with gaps as `2.0`. */
export function wholeNumber(value: string): number | null {
  return /^-?\d{1,9}(\.0{1,9})?$/.test(value.trim()) ? Number(value) : null;
}

/** A key that is a number; null: the field is empty; NaN, which names no option: it holds something else. */
export function numberKey(record: JsonRecord, field: string): number | null {
  const value = Object.hasOwn(record, field) ? record[field] : null;
  const blank = value === null || value === undefined || (typeof value === 'string' && value.trim() === '');
  return blank ? null : (integer(record, field) ?? Number.NaN);
}

/** The field as a list of texts; null when it is none. */
export function texts(record: JsonRecord, field: string): readonly string[] | null {
  const value = Object.hasOwn(record, field) ? record[field] : undefined;
  if (!Array.isArray(value)) return null;
  const all = value.filter((each): each is string | number => ['string', 'number'].includes(typeof each));
  return all.length === value.length ? all.map(String) : null;
}

/** The first records of a table, as records: what detection looks at. */
export function firstRecords(table: Table): readonly JsonRecord[] {
  return records(beginningOf(table, 20))
    .map(({ record }) => record)
    .filter(isRecord);
}

/** The same table with its first records alone. */
export function beginningOf(table: Table, count: number): Table {
  switch (table.kind) {
    case 'records':
      return { ...table, records: table.records.slice(0, count) };
    case 'keyed':
      return { ...table, entries: table.entries.slice(0, count) };
    case 'rows':
      return { ...table, rows: table.rows.slice(0, count + (table.columns ? 0 : 1)) };
  }
}

/** Every record of a table with its row in the file. */
export function records(table: Table): readonly { readonly row: number; readonly record: unknown }[] {
  if (table.kind === 'records') return table.records.map((record, index) => ({ row: index + 1, record }));
  if (table.kind === 'keyed') return table.entries.map(([, record], index) => ({ row: index + 1, record }));
  return headed(table) ?? [];
}

/**
 * Rows read with a header, the file's own or its first row; null when there is nothing below one. A row with more cells than names
 * is no record: somewhere in it a cell was divided, and all after it stand under other names.
 */
function headed(
  table: Extract<Table, { kind: 'rows' }>,
): { row: number; record: JsonRecord | null }[] | null {
  const columns = table.columns ?? table.rows[0];
  if (!columns) return null;
  const body = table.columns ? table.rows : table.rows.slice(1);
  const shift = table.firstRow + (table.columns ? 0 : 1);
  return body.map((cells, index) => ({
    row: index + shift,
    record: cells.slice(columns.length).some((cell) => cell.trim() !== '')
      ? null
      : Object.fromEntries(columns.map((column, at) => [column.trim(), cells[at] ?? ''])),
  }));
}

/** The split a file's name speaks of, as data sets name them. */
export function splitOfFile(file: string): string {
  const base = file.toLowerCase();
  if (/(^|[^a-z])train/.test(base)) return 'train';
  if (/(^|[^a-z])(dev|val|valid|validation)([^a-z]|$)/.test(base)) return 'dev';
  if (/(^|[^a-z])test/.test(base)) return 'test';
  return '';
}

/** Whether all of the first records, and at least one, have these fields. */
export function haveFields(table: Table, fields: readonly string[]): boolean {
  const first = firstRecords(table);
  return first.length > 0 && first.every((record) => fields.every((field) => Object.hasOwn(record, field)));
}

/** Runs `read` over every record; what is no record is left out. */
export function readEach(
  table: Table,
  read: (record: JsonRecord, row: number) => Reading,
): readonly Reading[] {
  return records(table).map(({ row, record }) =>
    isRecord(record) ? read(record, row) : { row, skipped: 'malformed' },
  );
}
