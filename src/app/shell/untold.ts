/** Which failures of getting a model the shell has to tell: those that the Models screen, with its cards, does not. */
import type { AppError } from '../../errors/app-error.ts';
import { modelOfInstall } from '../../models/catalogue/ids.ts';

type Failures = ReadonlyMap<string, AppError>;

/**
 * Those that a card of the Models screen shows: of each model that can be got there, whether a row was begun or not. Of libraries
 * it tells wherever they can be brought.
 * @param models that have such a card, by their ids.
 */
export function onCards(failures: Failures, models: ReadonlySet<string>): [string, AppError][] {
  return [...failures].filter(([id]) => id.startsWith('library:') || models.has(modelOfInstall(id) ?? ''));
}

/** @param told what was told before. @returns the first that nobody was told of, by its id. */
export function untold(
  failures: Failures,
  told: Failures,
  models: ReadonlySet<string>,
  onModels: boolean,
): [string, AppError] | undefined {
  const shown = new Map(onModels ? onCards(failures, models) : []);
  return [...failures].find(([id, error]) => told.get(id) !== error && shown.get(id) !== error);
}
