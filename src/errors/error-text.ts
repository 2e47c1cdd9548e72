/** The words for every failure, as people read them. */
import type { AppError, ErrorCode } from './app-error.ts';
import { TEXTS } from './texts/all.ts';
import { withReason } from './texts/reasons.ts';
import type { ErrorText } from './texts/text.ts';

export type { ErrorText };

/** Every code this version of the app knows. */
export const ERROR_CODES = Object.keys(TEXTS) as readonly ErrorCode[];

/** The text for a typed error. */
export function errorText(
  error: Pick<AppError, 'code'> & Partial<Pick<AppError, 'message' | 'details'>>,
): ErrorText {
  // Stored errors may carry the code of another version.
  return withReason(isErrorCode(error.code) ? TEXTS[error.code] : TEXTS.unknown, error);
}

/** Whether a stored or received text is a code of this version of the app. */
export function isErrorCode(text: string): text is ErrorCode {
  return Object.hasOwn(TEXTS, text);
}
