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
  const anki = settings.has('separator') || settings.has('html') || settings.has('columns');
  const named = settings.get('separator') ?? '';
  const known = (SEPARATORS[named.toLowerCase()] ?? named) || (/\.tsv$/i.test(file) ? '\t' : '');
  const { data } = Papa.parse<string[]>(body.slice(preamble.length), {
    delimiter: known,
    delimitersToGuess: [',', '\t', ';', '|'],
    skipEmptyLines: 'greedy',
    preview: MAX_ITEMS + 2,
  });
  const rows = data.map((cells) => cells.map(String));
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
  const columns = settings.get('columns');
  return {
    kind: 'rows',
    file,
    rows,
    columns: columns === undefined ? null : columns.split(known === '' ? '\t' : known),
    firstRow: 1 + preamble.split('\n').length - 1,
    anki,
  };
}
