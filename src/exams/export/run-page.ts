/**
 * A run's report as a page that can be opened again: the run's file lies inside, packed, and the last paragraphs say the SHA-256 of
 * all that stands above them and who vouches for it.
 */
import { AppError } from '../../errors/app-error.ts';
import type { Signature } from '../../formats/signature/signature.ts';
import { textSha256 } from '../../transcripts/format/integrity/canonical.ts';
import { unixLineEnds } from '../../transcripts/format/integrity/hash-marks.ts';
import { deflateText, fromBase64Url, inflateText, toBase64Url } from '../../transcripts/format/packing.ts';
import { pageEnd, pageSigner, readPageEnd } from '../../transcripts/format/integrity/signed-page.ts';
import { MAX_FILE_BYTES } from '../items/limits.ts';
import { readRunFile, type RunFile } from './run-file.ts';

/** In an HTML comment, which two dashes could end: dashes of base64url are written as dots. */
const RUN_MARK = 'meditron-web-run:1:';

/** @param page a whole page of HTML. @param runText the run's file. */
export async function closedPage(
  page: string,
  runText: string,
  sign: ((sha256: string) => Promise<Signature>) | null,
): Promise<string> {
  const open = page.slice(0, page.lastIndexOf('</body>'));
  const word = toBase64Url(await deflateText(runText)).replaceAll('-', '.');
  const head = `${open}<!-- ${RUN_MARK}${word} -->\n<footer>`;
  const sha256 = await textSha256(unixLineEnds(head));
  return head + (await pageEnd(sha256, sign && (await sign(sha256)), '“Open a run’s file”'));
}

/** Whether a file is such a page rather than a run's own file. */
export function isRunPage(text: string): boolean {
  return text.trimStart().startsWith('<');
}

/** @throws AppError `exams/not-a-run`, `exams/too-large` */
export async function readRunPage(text: string): Promise<RunFile> {
  const end = readPageEnd(text);
  // The last one: text of the questions comes before it and may imitate it.
  const start = end?.head.lastIndexOf(RUN_MARK) ?? -1;
  if (!end || start < 0) throw new AppError('exams/not-a-run', 'a page without a run inside');
  const { head, sha256, record } = end;
  const word = /^[\w.]*/.exec(head.slice(start + RUN_MARK.length))?.[0] ?? '';
  const run = await readRunFile(await unpacked(word));
  const now = await textSha256(head);
  const signed = record === null ? null : await pageSigner(record, 'run', now);
  return { ...run, unchanged: run.unchanged && now === sha256, signed };
}

async function unpacked(word: string): Promise<string> {
  try {
    return await inflateText(fromBase64Url(word.replaceAll('.', '-')), MAX_FILE_BYTES);
  } catch (thrown) {
    throw new AppError('exams/not-a-run', 'what is inside the page is damaged', {}, { cause: thrown });
  }
}
