/** Files into tables: JSON, JSON lines, delimited text, Anki's text and parquet, whatever they are named. */
import { AppError } from '../../errors/app-error.ts';
import { nestingDepth } from '../../transcripts/format/hostile-json.ts';
import { delimitedTable } from './delimited.ts';
import { MAX_DEPTH, MAX_FILE_BYTES, MAX_ITEMS } from './limits.ts';
import { isRecord, text, type JsonRecord, type Table } from './reading.ts';

export interface SourceFile {
  /** With folders, as the person gave it: its name may hold the subject and the split. */
  readonly path: string;
  readonly blob: Blob;
}

export interface FileContents {
  readonly table: Table;
  /** A JSON file's own top-level value, for the app's own formats; null for other files. */
  readonly whole: JsonRecord | null;
}

/**
 * @throws AppError `exams/too-large`; `exams/damaged` for a file that is neither text nor parquet, is cut short, or is no JSON
 *   although it begins like it.
 */
export async function readTable({ path, blob }: SourceFile): Promise<FileContents> {
  if (blob.size > MAX_FILE_BYTES) throw tooLarge(path, 'bytes', MAX_FILE_BYTES);
  const head = new Uint8Array(await blob.slice(0, 4).arrayBuffer());
  if (head.length === 4 && String.fromCharCode(...head) === 'PAR1') {
    const { parquetTable } = await import('./parquet.ts');
    return { table: await parquetTable(path, await blob.arrayBuffer()), whole: null };
  }
  const { content, note } = decode(path, new Uint8Array(await blob.arrayBuffer()));
  const start = content.slice(0, 100).trimStart()[0] ?? '';
  const { table, whole } =
    start === '[' || start === '{'
      ? jsonTable(path, content)
      : { table: delimitedTable(path, content), whole: null };
  const notes = [...(note === '' ? [] : [`${path}: ${note}`]), ...(table.notes ?? [])];
  return { table: { ...table, notes }, whole };
}

function jsonTable(path: string, content: string): FileContents {
  const end = content.trimEnd().length;
  const firstLineEnd = content.indexOf('\n', content.search(/\S/));
  const firstLine = (firstLineEnd < 0 ? content : content.slice(0, firstLineEnd)).trim();
  if (
    firstLineEnd >= 0 &&
    firstLineEnd < end &&
    firstLine.startsWith('{') &&
    parse(firstLine) !== undefined
  ) {
    return jsonLines(path, content);
  }
  if (nestingDepth(content, MAX_DEPTH) > MAX_DEPTH) throw tooLarge(path, 'levels', MAX_DEPTH);
  const value = parse(content);
  if (value === undefined) {
    throw new AppError('exams/damaged', `${path} begins like JSON and is none`, { file: path });
  }
  const table = unwrap(path, value);
  return { table, whole: isRecord(value) ? value : null };
}

function jsonLines(path: string, content: string): FileContents {
  const records: unknown[] = [];
  const badLines: number[] = [];
  let from = 0;
  for (let line = 1; from < content.length; line += 1) {
    const newline = content.indexOf('\n', from);
    const end = newline < 0 ? content.length : newline;
    const one = content.slice(from, end).trim();
    from = end + 1;
    if (one === '') continue;
    if (records.length + badLines.length >= MAX_ITEMS) throw tooLarge(path, 'items', MAX_ITEMS);
    const value = nestingDepth(one, MAX_DEPTH) > MAX_DEPTH ? undefined : parse(one);
    if (value === undefined) badLines.push(line);
    else records.push(value);
  }
  if (badLines.length > records.length) {
    throw new AppError('exams/damaged', `${path}: most lines are not JSON`, { file: path });
  }
  return { table: { kind: 'records', file: path, records, badLines }, whole: null };
}

/** undefined: no JSON. */
function parse(content: string): unknown {
  try {
    return JSON.parse(content.startsWith('\uFEFF') ? content.slice(1) : content) as unknown;
  } catch {
    return undefined; // the caller says so, with the file's name
  }
}

/** The list of records inside a JSON value: the value, a well-known field of it, HeadQA's exams, or an object by key. */
function unwrap(file: string, value: unknown): Table {
  if (Array.isArray(value)) {
    if (value.length > MAX_ITEMS) throw tooLarge(file, 'items', MAX_ITEMS);
    return { kind: 'records', file, records: value };
  }
  if (!isRecord(value)) throw new AppError('exams/not-questions', `${file} holds no records`, { file });
  if (isRecord(value.exams)) {
    const records = Object.entries(value.exams).flatMap(([name, exam]) =>
      isRecord(exam) && Array.isArray(exam.data)
        ? exam.data.map((each: unknown) =>
            isRecord(each) ? { ...each, name, category: text(exam, 'category') } : each,
          )
        : [],
    );
    return { kind: 'records', file, records };
  }
  for (const field of ['items', 'data', 'questions', 'examples', 'rows']) {
    const list = value[field];
    if (!Array.isArray(list)) continue;
    if (list.length > MAX_ITEMS) throw tooLarge(file, 'items', MAX_ITEMS);
    // The hub's dataset server wraps each record in `row`.
    const records = list.map((each: unknown) => (isRecord(each) && isRecord(each.row) ? each.row : each));
    return { kind: 'records', file, records };
  }
  const entries = Object.entries(value);
  if (entries.length > MAX_ITEMS) throw tooLarge(file, 'items', MAX_ITEMS);
  // By key, or one record alone (JSON lines of one line): a record has texts beside its lists.
  const keyed = entries.every(([key, each]) => isRecord(each) || /^\d+$/.test(key));
  return keyed ? { kind: 'keyed', file, entries } : { kind: 'records', file, records: [value] };
}

/** UTF-8, UTF-16 with its mark, and else the encoding of Western spreadsheets. */
function decode(file: string, bytes: Uint8Array): { content: string; note: string } {
  const [first, second] = bytes;
  if (first === 0xff && second === 0xfe)
    return { content: new TextDecoder('utf-16le').decode(bytes), note: '' };
  if (first === 0xfe && second === 0xff)
    return { content: new TextDecoder('utf-16be').decode(bytes), note: '' };
  if (bytes.subarray(0, 4096).includes(0)) {
    throw new AppError('exams/damaged', `${file} is no text and no parquet file`, { file });
  }
  try {
    return { content: new TextDecoder('utf-8', { fatal: true }).decode(bytes), note: '' };
  } catch {
    return {
      content: new TextDecoder('windows-1252').decode(bytes),
      note: 'the file is not UTF-8; it was read as Windows-1252. Look at letters with accents.',
    };
  }
}

export function tooLarge(file: string, unit: string, limit: number): AppError {
  return new AppError('exams/too-large', `${file}: more than ${limit} ${unit}`, { file, unit, limit });
}
