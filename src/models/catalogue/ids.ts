/** How rows are named. Apart from the schemas, so that the first bundle stays free of zod. */
import type { PackageForm } from '../storage/records.ts';

/** One install per model and form: getting it again replaces it, once the new one has been checked whole. */
export function installId(modelId: string, form: PackageForm): string {
  return `install:${modelId}/${form}`;
}

const REPLACEMENT = '#new';

/** The row of what will take the place of `id`. Until it is whole and checked, both rows exist. */
export function replacementId(id: string): string {
  return id + REPLACEMENT;
}

/** @returns the id of the install a row will replace, or null for a row of its own. */
export function replacedId(id: string): string | null {
  return id.endsWith(REPLACEMENT) ? id.slice(0, -REPLACEMENT.length) : null;
}

/** @returns the id of the model an install's row is of; null for what names no install. */
export function modelOfInstall(id: string): string | null {
  return /^install:(.+)\/[^/]+$/.exec(id)?.[1] ?? null;
}

/** Where an install's checksums are kept among the journals. */
export function partsId(id: string): string {
  return `parts:${id}`;
}

export function libraryId(url: string): string {
  return `library:${url}`;
}

/** A licence is accepted per model: another version of its text has another id. */
export function licenceKey(modelId: string, licenceId: string): string {
  return `${modelId}/${licenceId}`;
}
