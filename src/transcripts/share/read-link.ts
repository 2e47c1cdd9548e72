/** A share link, from the address to a transcript that was checked. */
import { AppError, toAppError, type ErrorCode } from '../../errors/app-error.ts';
import { parseHostileJson } from '../format/hostile-json.ts';
import { MAX_LINK_ENTRIES } from '../format/limits.ts';
import { readOwn, type OwnFile } from '../import/read-own.ts';
import { nextTurn } from '../../lib/worker/next-turn.ts';
import { entriesIn, openShareLink } from './share-link.ts';

/** What a file is told for, said of a link: nobody chose a file, and there is no other format to try. */
const OF_A_LINK: Partial<Record<ErrorCode, ErrorCode>> = {
  'transcript/damaged': 'transcript/link-damaged',
  'transcript/not-json': 'transcript/link-damaged',
  'transcript/unknown-format': 'transcript/link-damaged',
  'transcript/too-large': 'transcript/link-too-large',
};

/**
 * @param data what follows `#/shared/`.
 * @throws AppError `transcript/link-damaged`, `transcript/link-too-large`, `transcript/newer-version`
 */
export async function readShareLink(data: string): Promise<OwnFile> {
  try {
    const text = await openShareLink(data);
    // Each step takes tens of milliseconds for the longest text there can be: the page has a turn between them.
    await nextTurn();
    const value = parseHostileJson(text);
    await nextTurn();
    const entries = entriesIn(value);
    if (entries > MAX_LINK_ENTRIES) {
      throw new AppError('transcript/too-large', `${entries} entries; at most ${MAX_LINK_ENTRIES}.`, {
        limit: MAX_LINK_ENTRIES,
      });
    }
    const own = await readOwn(value);
    if (!own) throw new AppError('transcript/unknown-format', 'No transcript of this app.');
    return own;
  } catch (thrown) {
    const { code, message, details } = toAppError(thrown, 'transcript/damaged');
    throw new AppError(OF_A_LINK[code] ?? code, message, details, { cause: thrown });
  }
}
