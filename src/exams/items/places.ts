/** Options with their places in the file. A letter or number of a key counts places, and blank ones count, too. */
import { indexOfLetter } from './item.ts';
import { isRecord, text } from './reading.ts';

export interface PlacedOption {
  /** From 0, as the file counts: B is 1 though A may be blank. */
  readonly at: number;
  readonly text: string;
}

/** In the order they are given. */
export function placed(texts: readonly string[]): readonly PlacedOption[] {
  return texts.map((each, at) => ({ at, text: each }));
}

/** Leaves out what is blank; a key of places becomes one of what is left. -1: its place is blank, or there is none such. */
export function withoutBlanks(
  options: readonly PlacedOption[],
  places: readonly number[] | null,
): { readonly options: readonly string[]; readonly answer: readonly number[] | null } {
  const kept = options.filter((option) => option.text.trim() !== '');
  return {
    options: kept.map((option) => option.text),
    answer: places?.map((place) => kept.findIndex(({ at }) => at === place)) ?? null,
  };
}

/**
 * The places that names give: `Option A, Option C` are 0 and 2 in any order, `op1, op2` and `ending0, ending1` are 0 and 1.
 * Names that share no beginning, or end otherwise, stand in the order they are given.
 */
function placesOf(names: readonly string[]): readonly number[] {
  return lettered(names) ?? numbered(names) ?? names.map((_, at) => at);
}

function lettered(names: readonly string[]): readonly number[] | null {
  const places = endingsOf(names, /[a-z]$/i)?.map(indexOfLetter);
  return places?.includes(0) ? places : null;
}

function numbered(names: readonly string[]): readonly number[] | null {
  const numbers = endingsOf(names, /\d{1,2}$/)?.map(Number);
  const first = Math.min(...(numbers ?? []));
  return numbers && (first === 0 || first === 1) ? numbers.map((each) => each - first) : null;
}

/** What all names end with, when that is all that tells them apart. */
function endingsOf(names: readonly string[], ending: RegExp): readonly string[] | null {
  const ends = names.map((name) => ending.exec(name.trim())?.[0].toLowerCase() ?? '');
  const beginnings = new Set(
    names.map((name, at) =>
      name
        .trim()
        .toLowerCase()
        .slice(0, name.trim().length - (ends[at] ?? '').length),
    ),
  );
  return ends.every((end) => end !== '') && new Set(ends).size === ends.length && beginnings.size === 1
    ? ends
    : null;
}

/** A list of texts, or texts by name, in the order of their places; null: something in it is no text. */
export function placedIn(value: unknown): readonly PlacedOption[] | null {
  if (!Array.isArray(value) && !isRecord(value)) return null;
  const texts = Object.values(value).map(textOrBlank);
  if (!texts.every((each) => each !== null)) return null;
  return Array.isArray(value) ? placed(texts) : placedByName(Object.keys(value), texts);
}

/** In the order of the places that the names give. */
export function placedByName(names: readonly string[], texts: readonly string[]): readonly PlacedOption[] {
  const places = placesOf(names);
  return texts.map((each, index) => ({ at: places[index] ?? index, text: each })).sort((a, b) => a.at - b.at);
}

/** A missing value is blank, as in a parquet struct; null: no text at all. */
function textOrBlank(value: unknown): string | null {
  if (value === null || value === undefined) return '';
  return typeof value === 'object' ? null : text({ value }, 'value');
}
