/** The words for every failure, as people read them. */
import type { AppError, ErrorCode } from './app-error.ts';
import { TEXTS } from './texts/all.ts';
import type { ErrorText } from './texts/text.ts';

export type { ErrorText };

/** Every code this version of the app knows. */
export const ERROR_CODES = Object.keys(TEXTS) as readonly ErrorCode[];

/** The text for a typed error. */
export function errorText(error: Pick<AppError, 'code'>): ErrorText {
  // Stored errors may carry the code of another version.
  return isErrorCode(error.code) ? TEXTS[error.code] : TEXTS.unknown;
}

/** Whether a stored or received text is a code of this version of the app. */
export function isErrorCode(text: string): text is ErrorCode {
  return Object.hasOwn(TEXTS, text);
}
