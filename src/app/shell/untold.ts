/** Which failures of getting a model the shell has to tell: those that the Models screen, with its cards, does not. */
import type { AppError } from '../../errors/app-error.ts';

type Failures = ReadonlyMap<string, AppError>;
type Rows = readonly { readonly id: string }[];

/** Those that a card of the Models screen shows: it has one for each row, and tells of libraries wherever they can be brought. */
export function onCards(failures: Failures, installs: Rows): [string, AppError][] {
  return [...failures].filter(([id]) => id.startsWith('library:') || installs.some((each) => each.id === id));
}

/** @param told what was told before. @returns the first that nobody was told of, by its id. */
export function untold(
  failures: Failures,
  told: Failures,
  installs: Rows,
  onModels: boolean,
): [string, AppError] | undefined {
  const shown = new Map(onModels ? onCards(failures, installs) : []);
  return [...failures].find(([id, error]) => told.get(id) !== error && shown.get(id) !== error);
}
