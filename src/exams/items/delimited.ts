/** CSV, TSV and Anki's text export into rows of cells. */
import Papa from 'papaparse';
import { AppError } from '../../errors/app-error.ts';
import { MAX_COLUMNS, MAX_ITEMS } from './limits.ts';
import type { Table } from './reading.ts';

/** Anki's names of separators. https://docs.ankiweb.net/importing/text-files.html */
const SEPARATORS: Readonly<Record<string, string>> = {
  comma: ',',
  semicolon: ';',
  tab: '\t',
  space: ' ',
  pipe: '|',
  colon: ':',
};

/** @throws AppError `exams/too-large`, `exams/damaged` for text with fewer than two columns. */
export function delimitedTable(file: string, content: string): Table {
  const body = content.startsWith('\uFEFF') ? content.slice(1) : content;
  const preamble = /^(?:#[a-z ]+:.*(?:\r\n|\n|\r|$))+/i.exec(body)?.[0] ?? '';
  const settings = new Map(
    preamble
      .split(/\r\n|\n|\r/)
      .filter((line) => line !== '')
      .map(
        (line) =>
          [line.slice(1, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1)] as const,
      ),
  );
  const anki =
    ['separator', 'html', 'columns'].some((name) => settings.has(name)) || ownColumns(settings).size > 0;
  const separator = settings.get('separator') ?? '';
  const known = (SEPARATORS[separator.toLowerCase()] ?? separator) || (/\.tsv$/i.test(file) ? '\t' : '');
  const firstRow = 1 + preamble.split('\n').length - 1;
  const { rows, delimiter, notes } = cellsOf(file, body.slice(preamble.length), known, firstRow);
  const limit =
    rows.length > MAX_ITEMS + 1 ? 'items' : rows.some((cells) => cells.length > MAX_COLUMNS) ? 'columns' : '';
  if (limit !== '') {
    const most = limit === 'items' ? MAX_ITEMS : MAX_COLUMNS;
    throw new AppError('exams/too-large', `${file}: more than ${most} ${limit}`, {
      file,
      unit: limit,
      limit: most,
    });
  }
  if (!rows.some((cells) => cells.length > 1)) {
    throw new AppError('exams/not-questions', `${file} is text without columns`, { file });
  }
  const named = settings.get('columns')?.split(known === '' ? '\t' : known) ?? null;
  const own = ownColumns(settings);
  const notOwn = (cells: readonly string[]): readonly string[] => cells.filter((_, at) => !own.has(at));
  const subjectAt = columnAt(settings, 'deck') ?? columnAt(settings, 'tags');
  return {
    kind: 'rows',
    file,
    rows: own.size === 0 ? rows : rows.map(notOwn),
    columns: named && notOwn(named),
    firstRow,
    anki: anki
      ? {
          html: settings.get('html')?.trim().toLowerCase() !== 'false',
          subjects: subjectAt === null ? [] : rows.map((cells) => (cells[subjectAt] ?? '').trim()),
        }
      : null,
    notes: [...notes, ...swallowedRows(file, rows, delimiter, firstRow)],
  };
}

/** Columns of Anki's bookkeeping, which are no fields of a note. */
function ownColumns(settings: ReadonlyMap<string, string>): ReadonlySet<number> {
  return new Set(['guid', 'notetype', 'deck', 'tags'].flatMap((name) => columnAt(settings, name) ?? []));
}

/** `#deck column:3` is 2; null: the file has no such column. */
function columnAt(settings: ReadonlyMap<string, string>, name: string): number | null {
  const given = settings.get(`${name} column`)?.trim() ?? '';
  return /^[1-9]\d{0,2}$/.test(given) ? Number(given) - 1 : null;
}

interface Cells {
  readonly rows: readonly (readonly string[])[];
  readonly delimiter: string;
  readonly notes: readonly string[];
}

/**
 * A quotation mark that is not closed takes all rows up to the next one into its cell. Tables of tabs are often written without
 * quoting: then the marks are text. What quotes elsewhere can't be told apart, and is refused.
 */
function cellsOf(file: string, content: string, known: string, firstLine: number): Cells {
  const config = {
    delimiter: known,
    delimitersToGuess: [',', '\t', ';', '|'],
    skipEmptyLines: 'greedy' as const,
    preview: MAX_ITEMS + 2,
  };
  const quoted = Papa.parse<string[]>(content, config);
  const open = quoted.errors.find(({ type }) => type === 'Quotes');
  if (!open) return { rows: textsOf(quoted.data), delimiter: quoted.meta.delimiter, notes: [] };
  const plain = Papa.parse<string[]>(content, { ...config, fastMode: true });
  const [first] = plain.data;
  if (plain.meta.delimiter === '\t' && plain.data.every((cells) => cells.length === first?.length)) {
    const note = `${file}: the quotation marks in it are not those of a table that quotes; they were read as they stand.`;
    return { rows: textsOf(plain.data), delimiter: '\t', notes: [note] };
  }
  const row = firstLine + (content.slice(0, open.index).match(/\r\n|\n|\r/g)?.length ?? 0);
  throw new AppError('exams/damaged', `${file}, line ${row}: a quotation mark is not closed`, { file, row });
}

function textsOf(data: readonly (readonly unknown[])[]): readonly (readonly string[])[] {
  return data.map((cells) => cells.map(String));
}

/** Two stray marks in two rows look like one cell of several lines; only that each of its lines fits the table tells. */
function swallowedRows(
  file: string,
  rows: readonly (readonly string[])[],
  delimiter: string,
  firstRow: number,
): readonly string[] {
  const width = rows[0]?.length ?? 0;
  if (width < 3) return [];
  const fits = (cell: string, at: number, cells: readonly string[]): boolean => {
    if (!cell.includes('\n')) return false;
    const widths = cell.split('\n').map((line) => line.split(delimiter).length);
    const ends = [at, ...widths.slice(1, -1).map(() => 0), cells.length - at - 1];
    return widths.every((each, line) => each + (ends[line] ?? 0) === width);
  };
  return rows.flatMap((cells, index) =>
    cells.some(fits)
      ? [
          `${file}, row ${index + firstRow}: one cell holds what looks like rows of the table. Look at its quotation marks.`,
        ]
      : [],
  );
}
