// Types only: the words come when the first error has to be told.
import type { TEXTS } from './texts/all.ts';

/**
 * Every failure the app knows by name. A code is stable: exports, tests and people's bug reports rely on it. The codes are the
 * keys of the texts people read, one file a prefix (`texts/`).
 */
export type ErrorCode = keyof typeof TEXTS;

/** JSON that survives structured clone, IndexedDB and an error report. */
export type ErrorDetails = Readonly<Record<string, string | number | boolean | null>>;

/** The shape in which an error crosses a worker boundary or is stored. */
export interface WireError {
  readonly code: ErrorCode;
  readonly message: string;
  readonly details: ErrorDetails;
  /** What it came of, by name: enough for a report. */
  readonly cause?: { readonly name: string; readonly message: string };
}

/**
 * The only error class rooms throw at each other. `message` is for developers and reports;
 * people read the entry for `code` in `error-text.ts`.
 */
export class AppError extends Error {
  readonly code: ErrorCode;
  readonly details: ErrorDetails;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}, options?: ErrorOptions) {
    super(message, options);
    this.name = 'AppError';
    this.code = code;
    this.details = details;
  }
}

/** How Chromium, Firefox and Safari say that a lazily loaded script did not come: no browser gives it a name of its own. */
const PART_MISSING = /dynamically imported module|^Importing a module script failed/;

/** Wraps anything thrown. Aborts and full disks keep their meaning; the rest becomes `fallback`. */
export function toAppError(thrown: unknown, fallback: ErrorCode = 'unknown'): AppError {
  if (thrown instanceof AppError) return thrown;
  const name = nameOf(thrown);
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  if (name === 'TypeError' && PART_MISSING.test(message))
    return new AppError('app/part-missing', message, {}, { cause: thrown });
  if (name === 'AbortError') return new AppError('aborted', message, {}, { cause: thrown });
  if (name === 'QuotaExceededError') return new AppError('storage/full', message, {}, { cause: thrown });
  return new AppError(fallback, message, { name }, { cause: thrown });
}

export function toWire(thrown: unknown, fallback: ErrorCode = 'unknown'): WireError {
  const { code, message, details, cause } = toAppError(thrown, fallback);
  if (cause === undefined) return { code, message, details };
  const text =
    cause instanceof Error || cause instanceof DOMException
      ? cause.message
      : typeof cause === 'string'
        ? cause
        : '';
  return { code, message, details, cause: { name: nameOf(cause), message: text } };
}

export function fromWire({ code, message, details, cause }: WireError): AppError {
  if (!cause) return new AppError(code, message, details);
  const told = Object.assign(new Error(cause.message), { name: cause.name });
  return new AppError(code, message, details, { cause: told });
}

export function isAbort(thrown: unknown): boolean {
  return thrown instanceof AppError ? thrown.code === 'aborted' : nameOf(thrown) === 'AbortError';
}

function nameOf(thrown: unknown): string {
  return thrown instanceof Error || thrown instanceof DOMException ? thrown.name : typeof thrown;
}
