/** What "Copy details" gives: enough for a bug report, nothing of a conversation. */
import type { AppError, ErrorDetails } from './app-error.ts';

/** Longer messages come from libraries that put their input into them. */
const MOST_CHARACTERS = 300;
const MOST_FRAMES = 8;

export interface ReportSurroundings {
  readonly app: string;
  readonly browser: string;
}

/** JSON with code, developer message, plain details and where in the code it was, app and browser. */
export function errorReport(error: AppError, { app, browser }: ReportSurroundings): string {
  return JSON.stringify(
    {
      app,
      code: error.code,
      message: withoutQuotes(error.message),
      details: cleaned(error.details),
      at: framesOf(error.cause instanceof Error ? error.cause : error),
      browser,
    },
    null,
    2,
  );
}

/**
 * Single quotes are apostrophes, too: they quote only where no letter stands before the first or after the last. One left open
 * quotes to the end, like the others.
 */
const QUOTATIONS =
  /"[^"]*("|$)|“[^”]*(”|$)|`[^`]*(`|$)|(?<![\p{L}\p{N}])(?:'.*?(?:'(?![\p{L}\p{N}])|$)|‘.*?(?:’(?![\p{L}\p{N}])|$))/gsu;

/**
 * Rooms keep chat text out of messages, but engines and parsers of the platform quote what they could not read:
 * `Unexpected token 'I', "I am 54 ye"... is not valid JSON`.
 */
function withoutQuotes(text: string): string {
  return text.replace(QUOTATIONS, '"…"').slice(0, MOST_CHARACTERS);
}

function cleaned(details: ErrorDetails): ErrorDetails {
  return Object.fromEntries(
    Object.entries(details).map(([key, value]) => [
      key,
      typeof value === 'string' ? withoutQuotes(value) : value,
    ]),
  );
}

/** Places in scripts only: a stack begins with the message. */
function framesOf({ stack = '' }: Error): string[] {
  const frames = stack.match(/[\w.-]+\.(?:js|ts|tsx)(?:\?[^:\s]*)?:\d+:\d+/g) ?? [];
  return frames.slice(0, MOST_FRAMES);
}
