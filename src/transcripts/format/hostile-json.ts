/** The gate: every file and link is text of unknown origin until it has passed here and through a schema. */
import { AppError } from '../../errors/app-error.ts';
import { MAX_DEPTH, MAX_FILE_BYTES } from './limits.ts';

/**
 * Parses JSON within the limits. What comes back has own members only: a `__proto__` in the text is a member like others,
 * and schemas keep none but the ones they name.
 * @throws AppError `transcript/too-large`, `transcript/not-json`
 */
export function parseHostileJson(text: string): unknown {
  if (text.length > MAX_FILE_BYTES) {
    throw new AppError('transcript/too-large', `More than ${MAX_FILE_BYTES} characters.`, {
      limit: MAX_FILE_BYTES,
    });
  }
  const depth = nestingDepth(text, MAX_DEPTH);
  if (depth > MAX_DEPTH) {
    throw new AppError('transcript/too-large', `Nested deeper than ${MAX_DEPTH} levels.`, {
      limit: MAX_DEPTH,
    });
  }
  try {
    return JSON.parse(text.startsWith('\uFEFF') ? text.slice(1) : text) as unknown;
  } catch (error) {
    throw new AppError(
      'transcript/not-json',
      error instanceof Error ? error.message : String(error),
      {},
      { cause: error },
    );
  }
}

/** How deep brackets nest outside strings; stops one past `limit`. One pass, no recursion. */
export function nestingDepth(text: string, limit: number): number {
  let depth = 0;
  let deepest = 0;
  let inString = false;
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    if (inString) {
      if (unit === 0x5c) at += 1;
      else if (unit === 0x22) inString = false;
    } else if (unit === 0x22) inString = true;
    else if (unit === 0x7b || unit === 0x5b) {
      depth += 1;
      if (depth > deepest) deepest = depth;
      if (deepest > limit) return deepest;
    } else if (unit === 0x7d || unit === 0x5d) depth -= 1;
  }
  return deepest;
}
