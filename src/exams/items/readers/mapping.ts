/** Anyone's table: a person says which column is what. A guess by the columns' names comes first. */
import { z } from '../../../lib/zod.ts';
import { indexOfLetter } from '../item.ts';
import { MAX_COLUMNS, MAX_NAME_CHARACTERS, MAX_OPTIONS } from '../limits.ts';
import { placed, placedByName, placedIn, withoutBlanks, type PlacedOption } from '../places.ts';
import {
  firstRecords,
  readEach,
  reading,
  splitOfFile,
  text,
  wholeNumber,
  type JsonRecord,
  type ReaderResult,
  type Table,
} from '../reading.ts';

const column = z.string().max(MAX_NAME_CHARACTERS);

/** Column names; empty: not in this file. */
export const mappingSchema = z.object({
  question: column.min(1),
  /** One column an option, or one that holds a list (JSON, or separated by `|` or line breaks). */
  options: z.array(column).min(1).max(MAX_OPTIONS),
  answer: column,
  /** What the answer's cells hold. */
  answerIs: z.enum(['letter', 'number-from-1', 'number-from-0', 'text']),
  explanation: column,
  subject: column,
  id: column,
});

export type Mapping = z.infer<typeof mappingSchema>;

/** The columns of a table, in order. */
export function columnsOf(table: Table): readonly string[] {
  const seen = new Set<string>();
  for (const record of firstRecords(table)) for (const name of Object.keys(record)) seen.add(name);
  return [...seen].slice(0, MAX_COLUMNS);
}

/** A first guess, for the dialog. */
export function guessMapping(table: Table): Mapping {
  const columns = columnsOf(table);
  const find = (test: RegExp): string => columns.find((name) => test.test(name.toLowerCase())) ?? '';
  const lettered = columns.filter((name) =>
    /^(option|opt|choice|answer)?[ _-]?[a-j]$|^(option|opt|choice)[ _-]?\d{1,2}$/i.test(name),
  );
  const list = find(/^(options|choices|answers|answer_options)$/);
  const answer = find(/^(answer|correct|correct_answer|correct answer|key|gold|label|solution|answer_idx)$/);
  const options = lettered.length >= 2 ? lettered : list === '' ? [] : [list];
  const cells = firstRecords(table).map((record) => text(record, answer).trim());
  return {
    question: find(/^(question|stem|prompt|q|text)$/) || find(/question/),
    options,
    answer,
    answerIs: guessAnswerForm(cells),
    explanation: find(/^(explanation|rationale|exp|comment|feedback)$/),
    subject: find(/^(subject|topic|category|specialty|chapter)$/),
    id: find(/^(id|qid|uid|number|no)$/),
  };
}

function guessAnswerForm(cells: readonly string[]): Mapping['answerIs'] {
  const given = cells.filter((cell) => cell !== '');
  if (
    given.length > 0 &&
    given.every((cell) => cell.split(/[,; ]+/).every((each) => indexOfLetter(each) >= 0))
  )
    return 'letter';
  if (given.length > 0 && given.every((cell) => /^\d{1,2}(\.0+)?$/.test(cell)))
    return given.some((cell) => Number(cell) === 0) ? 'number-from-0' : 'number-from-1';
  return 'text';
}

/** @returns a reading for every record of the table. */
export function readMapped(table: Table, mapping: Mapping): ReaderResult {
  const readings = readEach(table, (record, row) => {
    const options = optionsOf(record, mapping.options);
    if (!options) return { row, skipped: 'malformed' };
    return reading(row, {
      id: text(record, mapping.id),
      question: text(record, mapping.question),
      ...withoutBlanks(options, keyOf(text(record, mapping.answer).trim(), options, mapping.answerIs)),
      explanation: text(record, mapping.explanation),
      subject: text(record, mapping.subject),
      split: splitOfFile(table.file),
    });
  });
  return { readings, notes: [] };
}

/** In the order of their places; null: the column holds a list of something else than texts. */
function optionsOf(record: JsonRecord, columns: readonly string[]): readonly PlacedOption[] | null {
  if (columns.length > 1) {
    return placedByName(
      columns,
      columns.map((name) => text(record, name)),
    );
  }
  const [only = ''] = columns;
  const value = Object.hasOwn(record, only) ? record[only] : undefined;
  if (typeof value === 'object' && value !== null) return placedIn(value);
  const cell = text(record, only).trim();
  if (/^[[{]/.test(cell)) {
    try {
      return placedIn(JSON.parse(cell) as unknown);
    } catch {
      // not JSON after all: divided as text below
    }
  }
  if (!cell.includes('|')) return placed(parts(cell, '\n').filter((each) => each !== '')); // an empty line is only space
  return placed(parts(cell.replace(/^\|(.*)\|$/s, '$1'), '|'));
}

function parts(cell: string, between: string): readonly string[] {
  return cell.split(between).map((each) => each.trim());
}

/** Places of options in the file; -1 for what names none; null: the cell is empty. */
function keyOf(
  cell: string,
  options: readonly PlacedOption[],
  form: Mapping['answerIs'],
): readonly number[] | null {
  if (cell === '') return null;
  switch (form) {
    case 'letter':
      return cell.split(/[,; ]+/).map(indexOfLetter);
    case 'number-from-1':
    case 'number-from-0': {
      const from = form === 'number-from-1' ? 1 : 0;
      return cell.split(/[,; ]+/).map((each) => (wholeNumber(each) ?? -1) - from);
    }
    case 'text': {
      const wanted = cell.toLowerCase();
      return [options.find((option) => option.text.trim().toLowerCase() === wanted)?.at ?? -1];
    }
  }
}
