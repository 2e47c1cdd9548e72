/** How rows are named. Apart from the schemas, so that the first bundle stays free of zod. */
import type { PackageForm } from '../storage/records.ts';

/** One install per model and form: converting again replaces it. */
export function installId(modelId: string, form: PackageForm): string {
  return `install:${modelId}/${form}`;
}

export function libraryId(url: string): string {
  return `library:${url}`;
}

/** A licence is accepted per model: another version of its text has another id. */
export function licenceKey(modelId: string, licenceId: string): string {
  return `${modelId}/${licenceId}`;
}
