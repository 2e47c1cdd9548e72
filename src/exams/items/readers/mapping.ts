/** Anyone's table: a person says which column is what. A guess by the columns' names comes first. */
import { z } from '../../../lib/zod.ts';
import { indexOfLetter } from '../item.ts';
import { keyBase, keyBaseNote } from '../key-base.ts';
import { MAX_COLUMNS, MAX_NAME_CHARACTERS, MAX_OPTIONS } from '../limits.ts';
import { placed, placedByName, placedIn, withoutBlanks, type PlacedOption } from '../places.ts';
import {
  beginningOf,
  firstRecords,
  isRecord,
  readEach,
  reading,
  records,
  splitOfFile,
  text,
  wholeNumber,
  type JsonRecord,
  type ReaderResult,
  type Reading,
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
  return {
    question: find(/^(question|stem|prompt|q|text)$/) || find(/question/),
    options,
    answer,
    answerIs: guessAnswerForm(table, answer, options),
    explanation: find(/^(explanation|rationale|exp|comment|feedback)$/),
    subject: find(/^(subject|topic|category|specialty|chapter)$/),
    id: find(/^(id|qid|uid|number|no)$/),
  };
}

/**
 * By the whole column: its first cells may lack the one that tells. Digits and letters can be options' own texts (blood groups, how many
 * lobes), and are, where each of them is.
 */
function guessAnswerForm(table: Table, answer: string, options: readonly string[]): Mapping['answerIs'] {
  const keyed = keyedRecords(table, answer);
  if (keyed.length === 0) return 'text';
  if (
    keyed.every(({ record, cell }) => (keyOf(cell, optionsOf(record, options) ?? [], 'text')?.[0] ?? -1) >= 0)
  )
    return 'text';
  if (keyed.every(({ cell }) => several(cell).every((each) => indexOfLetter(each) >= 0))) return 'letter';
  if (!keyed.every(({ cell }) => several(cell).every((each) => /^\d{1,2}(\.0+)?$/.test(each)))) return 'text';
  return keyBase(numberedKeys(keyed, options), 1).from === 0 ? 'number-from-0' : 'number-from-1';
}

interface Keyed {
  readonly record: JsonRecord;
  readonly cell: string;
}

function keyedRecords(table: Table, answer: string): readonly Keyed[] {
  return records(table).flatMap(({ record }) => {
    const cell = isRecord(record) ? text(record, answer).trim() : '';
    return cell === '' || !isRecord(record) ? [] : [{ record, cell }];
  });
}

function* numberedKeys(keyed: readonly Keyed[], options: readonly string[]) {
  for (const { record, cell } of keyed) {
    const last =
      optionsOf(record, options)
        ?.filter((option) => option.text.trim() !== '')
        .at(-1)?.at ?? -1;
    for (const each of several(cell)) {
      const key = wholeNumber(each);
      if (key !== null) yield { key, options: last + 1 };
    }
  }
}

function several(cell: string): readonly string[] {
  return cell.split(/[,; ]+/);
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
  const note = countingNote(table, mapping);
  return { readings, notes: note === '' ? [] : [`${table.file}: ${note}`] };
}

/** The first record as the mapping reads it. */
export function readFirst(table: Table, mapping: Mapping): Reading | undefined {
  return readMapped(beginningOf(table, 1), mapping).readings[0];
}

/** Said where the numbers themselves don't settle it, or settle it otherwise than the mapping. */
function countingNote(table: Table, { answer, answerIs, options }: Mapping): string {
  if (answerIs !== 'number-from-0' && answerIs !== 'number-from-1') return '';
  const chosen = answerIs === 'number-from-0' ? 0 : 1;
  const base = keyBase(numberedKeys(keyedRecords(table, answer), options), chosen);
  if (base.from === chosen) return keyBaseNote(base, answer, chosen);
  return `${answer} counts from ${base.from}, to judge by its numbers, but ${chosen} was taken for option A.`;
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
      return several(cell).map(indexOfLetter);
    case 'number-from-1':
    case 'number-from-0': {
      const from = form === 'number-from-1' ? 1 : 0;
      return several(cell).map((each) => (wholeNumber(each) ?? -1) - from);
    }
    case 'text': {
      const wanted = cell.toLowerCase();
      return [options.find((option) => option.text.trim().toLowerCase() === wanted)?.at ?? -1];
    }
  }
}
