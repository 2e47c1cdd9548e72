/**
 * Anki's "Notes in plain text": lines `#separator:tab`, `#html:true`, `#columns:…` and then a note a line. A note is a question
 * when its fields give options: a field each (with a field for the key), or lettered lines inside the question's field.
 * https://docs.ankiweb.net/exporting.html
 */
import { indexOfLetter } from '../item.ts';
import { cutToName } from '../limits.ts';
import { placed, placedByName, withoutBlanks, type PlacedOption } from '../places.ts';
import { reading, type Reader, type Reading } from '../reading.ts';
import { plainText } from './anki-html.ts';

export const anki: Reader = {
  id: 'anki',
  name: 'Anki',
  matches: (table) => table.kind === 'rows' && table.anki !== null,
  read(table) {
    if (table.kind !== 'rows' || !table.anki) return { readings: [], notes: [] };
    const { html, subjects } = table.anki;
    const columns = (table.columns ?? []).map((column) => column.trim().toLowerCase());
    const notes = table.rows.map((cells) => cells.map((cell) => (html ? plainText(cell) : cell.trim())));
    const optionsFrom = firstOptionField(notes);
    const readings = notes.map((fields, index): Reading => {
      const row = index + table.firstRow;
      const note = noteByColumns(fields, columns, row) ??
        noteByLines(fields, row) ??
        noteByKeyField(fields, optionsFrom, row) ?? { row, skipped: 'not-multiple-choice' as const };
      const subject = cutToName(subjects[index] ?? '');
      return 'draft' in note && note.draft.subject === '' ? { row, draft: { ...note.draft, subject } } : note;
    });
    return { readings, notes: [] };
  },
};

/** `Question, OptionA…` or `Q_1…` columns, when the export names its columns. */
function noteByColumns(fields: readonly string[], columns: readonly string[], row: number): Reading | null {
  const at = (test: RegExp): number => columns.findIndex((column) => test.test(column));
  const question = at(/^(question|front|stem)$/);
  const key = at(/^(answer|answers|correct|key)$/);
  const optionsAt = columns.flatMap((column, index) =>
    /^(option|choice|q)[ _]?[a-j1-9]0?$/.test(column) ? [index] : [],
  );
  if (question < 0 || optionsAt.length < 2) return null;
  const options = placedByName(
    optionsAt.map((index) => columns[index] ?? ''),
    optionsAt.map((index) => fields[index] ?? ''),
  );
  const given = key < 0 ? '' : (fields[key] ?? '');
  const subject = at(/^(subject|deck|tags?)$/);
  const explanation = at(/^(explanation|extra|extra_1|back)$/);
  return reading(row, {
    question: fields[question] ?? '',
    ...withoutBlanks(options, keyOf(given, options)),
    subject: subject < 0 ? '' : (fields[subject] ?? ''),
    explanation: explanation < 0 ? '' : (fields[explanation] ?? ''),
  });
}

/** A front with lettered lines, a back that begins with the letter. */
function noteByLines(fields: readonly string[], row: number): Reading | null {
  const [front = '', back = ''] = fields;
  const lines = front.split('\n');
  const first = lines.findIndex((line) => /^\s*\(?A[).:](\s|$)/.test(line));
  if (first < 1) return null;
  const options: string[] = [];
  for (const line of lines.slice(first)) {
    const match = /^\s*\(?([A-Z])[).:](?:\s+(.*))?$/.exec(line);
    if (match && indexOfLetter(match[1] ?? '') === options.length) options.push(match[2] ?? '');
    else if (line.trim() !== '') options.push(`${options.pop() ?? ''}\n${line}`);
  }
  const letter = /^\s*\(?([A-Z])\b/.exec(back)?.[1] ?? '';
  return reading(row, {
    question: lines.slice(0, first).join('\n').trim(),
    ...withoutBlanks(placed(options), back.trim() === '' ? null : [indexOfLetter(letter)]),
    explanation: back.replace(/^\s*\(?[A-Z][).:]?\s*/, ''),
  });
}

/**
 * Question, options and a last field that is a letter, which counts the fields between. A field before the first option that no
 * such note of the file fills (a picture, a hint) is none of them: `optionsFrom`.
 */
function noteByKeyField(fields: readonly string[], optionsFrom: number, row: number): Reading | null {
  const found = keyField(fields);
  if (!found) return null;
  const options = fields.slice(Math.max(found.question + 1, optionsFrom), found.key);
  return reading(row, {
    question: fields[found.question] ?? '',
    ...withoutBlanks(placed(options), [indexOfLetter(fields[found.key] ?? '')]),
  });
}

/** Where question and key stand, of what can be a question with two options and a key. */
function keyField(fields: readonly string[]): { readonly question: number; readonly key: number } | null {
  const filled = fields.flatMap((field, at) => (field === '' ? [] : [at]));
  const key = filled.at(-1) ?? -1;
  return filled.length < 4 || indexOfLetter(fields[key] ?? '') < 0 ? null : { question: filled[0] ?? 0, key };
}

/** The first field after the question that any note with a key field fills. */
function firstOptionField(notes: readonly (readonly string[])[]): number {
  return notes.reduce((least, fields) => {
    const question = keyField(fields)?.question;
    if (question === undefined) return least;
    return Math.min(
      least,
      fields.findIndex((field, at) => at > question && field !== ''),
    );
  }, Infinity);
}

/** The place that a letter, a number from 1, flags such as `0 0 1 0`, or the option's own text names. */
function keyOf(given: string, options: readonly PlacedOption[]): readonly number[] | null {
  const value = given.trim();
  if (value === '') return null;
  if (/^[01]( [01])+$/.test(value)) {
    return value.split(' ').flatMap((flag, index) => (flag === '1' ? [index] : []));
  }
  const place = /^\d{1,2}$/.test(value) ? Number(value) - 1 : indexOfLetter(value);
  if (options.some(({ at }) => at === place)) return [place];
  return [options.find(({ text }) => text === value)?.at ?? -1];
}
