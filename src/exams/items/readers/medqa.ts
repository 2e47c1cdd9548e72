/**
 * MedQA (jind11/MedQA): JSON lines with `question`, `options` as `{A: …}` or `[{key, value}]`, `answer` (text) and
 * `answer_idx` (letter). Four or five options. MedXpertQA's text part has the same shape with up to ten options and `label`.
 */
import { indexOfLetter } from '../item.ts';
import {
  firstRecords,
  isRecord,
  readEach,
  reading,
  records,
  splitOfFile,
  text,
  type JsonRecord,
  type Reader,
  type Table,
} from '../reading.ts';

export const medqa: Reader = {
  id: 'medqa',
  name: 'MedQA',
  matches(table) {
    const first = firstRecords(table);
    return (
      first.length > 0 && first.every((record) => letteredOptions(record) !== null && hasKeyField(record))
    );
  },
  read(table) {
    const letters = answersAreLetters(table);
    const readings = readEach(table, (record, row) => {
      const options = letteredOptions(record);
      if (!options) return { row, skipped: 'too-few-options' };
      return reading(row, {
        id: text(record, 'id'),
        question: text(record, 'question'),
        options: options.map(({ value }) => value),
        answer: keyOf(record, options, letters),
        subject: text(record, 'meta_info') || text(record, 'subject'),
        split: splitOfFile(table.file),
      });
    });
    const notes = letters
      ? [
          `${table.file}: the field answer holds letters, not the options’ texts; they were taken for the key.`,
        ]
      : [];
    return { readings, notes };
  },
};

function hasKeyField(record: JsonRecord): boolean {
  return Object.hasOwn(record, 'answer') || Object.hasOwn(record, 'answer_idx');
}

interface Lettered {
  readonly key: string;
  readonly value: string;
}

/** Options in the order of their letters; null when the field is neither form. */
export function letteredOptions(record: JsonRecord): readonly Lettered[] | null {
  const given = record.options;
  if (Array.isArray(given)) {
    const all = given
      .filter(isRecord)
      .map((each) => ({ key: text(each, 'key'), value: text(each, 'value') }));
    return all.length === given.length && all.every(({ key }) => indexOfLetter(key) >= 0) ? all : null;
  }
  if (!isRecord(given)) return null;
  const keys = Object.keys(given);
  if (keys.length === 0 || !keys.every((key) => indexOfLetter(key) >= 0)) return null;
  // A parquet struct has a field for every letter that any item uses; an unused one is null.
  return keys
    .filter((key) => given[key] !== null)
    .sort((a, b) => indexOfLetter(a) - indexOfLetter(b))
    .map((key) => ({ key, value: text(given, key) }));
}

/**
 * Own files in this shape often have the letter in `answer`. An option's text can be a letter, too (blood groups), so the whole file
 * decides: letters, when each answer without `answer_idx` is one and not all of them are texts of their options.
 */
function answersAreLetters(table: Table): boolean {
  let allTexts = true;
  for (const { record } of records(table)) {
    if (!isRecord(record) || text(record, 'answer_idx').trim() !== '') continue;
    const answer = text(record, 'answer').trim();
    if (answer === '') continue;
    if (indexOfLetter(answer) < 0) return false;
    allTexts &&= letteredOptions(record)?.some(({ value }) => value === answer) ?? true;
  }
  return !allTexts;
}

/** By the letter where there is one, else by the answer's text; null without either. */
function keyOf(record: JsonRecord, options: readonly Lettered[], letters: boolean): readonly number[] | null {
  const letter = (text(record, 'answer_idx').trim() || (letters ? text(record, 'answer') : '')).trim();
  if (letter !== '') return [options.findIndex(({ key }) => key.toUpperCase() === letter.toUpperCase())];
  const answer = text(record, 'answer');
  if (answer.trim() === '') return null;
  return [options.findIndex(({ value }) => value === answer)];
}
