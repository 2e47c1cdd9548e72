/**
 * Anki's "Notes in plain text": lines `#separator:tab`, `#html:true`, `#columns:…` and then a note a line. A note is a question
 * when its fields give options: a field each (with a field for the key), or lettered lines inside the question's field.
 * https://docs.ankiweb.net/exporting.html
 */
import { indexOfLetter } from '../item.ts';
import { cutToName } from '../limits.ts';
import { placed, placedByName, withoutBlanks, type PlacedOption } from '../places.ts';
import { reading, type Reader, type Reading } from '../reading.ts';
import { holdsMedia, plainText } from './anki-html.ts';

interface Note {
  readonly fields: readonly string[];
  /** Fields that had an image. */
  readonly pictured: ReadonlySet<number>;
}

/** A note as a question: which of its fields the explanation is, and whether an option is nothing but an image. */
interface Found {
  readonly reading: Reading;
  readonly explanation: (field: number) => boolean;
  readonly imageOption: boolean;
}

export const anki: Reader = {
  id: 'anki',
  name: 'Anki',
  matches: (table) => table.kind === 'rows' && table.anki !== null,
  read(table) {
    if (table.kind !== 'rows' || !table.anki) return { readings: [], notes: [] };
    const { html, subjects } = table.anki;
    const columns = (table.columns ?? []).map((column) => column.trim().toLowerCase());
    const notes = table.rows.map((cells): Note => ({
      fields: cells.map((cell) => (html ? plainText(cell) : cell.trim())),
      pictured: new Set(html ? cells.flatMap((cell, at) => (holdsMedia(cell) ? [at] : [])) : []),
    }));
    const layout = layoutOf(notes);
    const readings = notes.map((note, index): Reading => {
      const row = index + table.firstRow;
      const found =
        noteByColumns(note, columns, row) ?? noteByLines(note, row) ?? noteByKeyField(note, layout, row);
      if (!found) return { row, skipped: 'not-multiple-choice' };
      const read = withImages(found, note);
      const subject = cutToName(subjects[index] ?? '');
      return 'draft' in read && read.draft.subject === ''
        ? { ...read, draft: { ...read.draft, subject } }
        : read;
    });
    return { readings, notes: [] };
  },
};

/** Says what the words of a note leave out. Without its only content a question or an option would be another one. */
function withImages({ reading: read, explanation, imageOption }: Found, { pictured }: Note): Reading {
  const { row } = read;
  if (imageOption) return { row, skipped: 'only-an-image' };
  const asked = [...pictured].some((field) => !explanation(field));
  if (!('draft' in read)) {
    return asked && read.skipped === 'no-question' ? { row, skipped: 'only-an-image' } : read;
  }
  return pictured.size === 0 ? read : { ...read, lostImage: asked ? 'question' : 'explanation' };
}

/** `Question, OptionA…` or `Q_1…` columns, when the export names its columns. */
function noteByColumns({ fields, pictured }: Note, columns: readonly string[], row: number): Found | null {
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
  return {
    reading: reading(row, {
      question: fields[question] ?? '',
      ...withoutBlanks(options, keyOf(given, options)),
      subject: subject < 0 ? '' : (fields[subject] ?? ''),
      explanation: explanation < 0 ? '' : (fields[explanation] ?? ''),
    }),
    explanation: (field) => field === explanation,
    imageOption: optionsAt.some((index) => pictured.has(index) && fields[index] === ''),
  };
}

/** A front with lettered lines, a back that begins with the letter. */
function noteByLines({ fields, pictured }: Note, row: number): Found | null {
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
  return {
    reading: reading(row, {
      question: lines.slice(0, first).join('\n').trim(),
      ...withoutBlanks(placed(options), back.trim() === '' ? null : [indexOfLetter(letter)]),
      explanation: back.replace(/^\s*\(?[A-Z][).:]?\s*/, ''),
    }),
    explanation: (field) => field > 0,
    imageOption: pictured.has(0) && options.some((option) => option.trim() === ''),
  };
}

/** The first fields that any note of the file fills with text: before them stand pictures and hints. */
interface Layout {
  readonly question: number;
  readonly options: number;
}

/**
 * Question, options and a last field that is a letter, which counts the fields between. A field before the first option that no
 * such note of the file fills (a picture, a hint) is none of them.
 */
function noteByKeyField(note: Note, layout: Layout, row: number): Found | null {
  const { fields, pictured } = note;
  const found = keyField(note, layout.question);
  if (!found) return null;
  const from = Math.max(found.question + 1, layout.options);
  const options = fields.slice(from, found.key);
  return {
    reading: reading(row, {
      question: fields[found.question] ?? '',
      ...withoutBlanks(placed(options), [indexOfLetter(fields[found.key] ?? '')]),
    }),
    explanation: () => false,
    imageOption: options.some((option, at) => option === '' && pictured.has(from + at)),
  };
}

/** Where question and key stand, of what can be a question with two options and a key. An image fills a field of the note's text. */
function keyField(
  { fields, pictured }: Note,
  questionFrom: number,
): { readonly question: number; readonly key: number } | null {
  const key = fields.findLastIndex((field) => field !== '');
  const filled = fields.flatMap((field, at) =>
    at <= key && (field !== '' || (at >= questionFrom && pictured.has(at))) ? [at] : [],
  );
  return filled.length < 4 || indexOfLetter(fields[key] ?? '') < 0 ? null : { question: filled[0] ?? 0, key };
}

function layoutOf(notes: readonly Note[]): Layout {
  const question = notes.reduce((least, { fields }) => {
    const first = fields.findIndex((field) => field !== '');
    return first < 0 ? least : Math.min(least, first);
  }, Infinity);
  const options = notes.reduce((least, note) => {
    const found = keyField(note, question);
    if (found === null) return least;
    return Math.min(
      least,
      note.fields.findIndex((field, at) => at > found.question && field !== ''),
    );
  }, Infinity);
  return { question, options };
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
