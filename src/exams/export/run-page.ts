/**
 * A run's report as a page that can be opened again: the run's file lies inside, packed, and the last paragraphs say the SHA-256 of
 * all that stands above them and who vouches for it.
 */
import { AppError } from '../../errors/app-error.ts';
import {
  checkSignature,
  fingerprintOf,
  type Signature,
  type Signed,
} from '../../formats/signature/signature.ts';
import { textSha256 } from '../../transcripts/format/canonical.ts';
import { HTML_HASH, unixLineEnds } from '../../transcripts/format/hash-marks.ts';
import { deflateText, fromBase64Url, inflateText, toBase64Url } from '../../transcripts/format/packing.ts';
import { MAX_FILE_BYTES } from '../items/limits.ts';
import { readRunFile, type RunFile } from './run-file.ts';

/** In an HTML comment, which two dashes could end: dashes of base64url are written as dots. */
const RUN_MARK = 'meditron-web-run:1:';
const END = '</footer></body></html>\n';
const SIGNED = '<p class="hash">Signed by ';
const TAIL = new RegExp(
  `^([0-9a-f]{64})</code></p>(?:${SIGNED}[^<]{0,800}<code>([\\w-]{1,2000})</code></p>)?${END.trimEnd()}\\s*$`,
);

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
  const signature = sign && (await sign(sha256));
  return `${head}${HTML_HASH.mark}${sha256}</code></p>${signature ? await signedLine(signature) : ''}${END}`;
}

async function signedLine(signature: Signature): Promise<string> {
  const { name, publicKey } = signature;
  const fingerprint = await fingerprintOf(fromBase64Url(publicKey));
  const record = toBase64Url(new TextEncoder().encode(JSON.stringify(signature)));
  const shown = name.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  const who = `“${shown}”, key ${fingerprint}; “Open a run’s file” in Meditron Web says whether it fits`;
  return `${SIGNED}${who}: <code>${record}</code></p>`;
}

/** Whether a file is such a page rather than a run's own file. */
export function isRunPage(text: string): boolean {
  return text.trimStart().startsWith('<');
}

/** @throws AppError `exams/not-a-run`, `exams/too-large` */
export async function readRunPage(text: string): Promise<RunFile> {
  const page = unixLineEnds(text);
  const at = page.lastIndexOf(HTML_HASH.mark);
  const head = page.slice(0, Math.max(at, 0));
  const [, sha256, record] = TAIL.exec(page.slice(at + HTML_HASH.mark.length)) ?? [];
  // The last one: text of the questions comes before it and may imitate it.
  const start = head.lastIndexOf(RUN_MARK);
  if (at < 0 || sha256 === undefined || start < 0)
    throw new AppError('exams/not-a-run', 'a page without a run inside');
  const word = /^[\w.]*/.exec(head.slice(start + RUN_MARK.length))?.[0] ?? '';
  const run = await readRunFile(await unpacked(word));
  const now = await textSha256(head);
  const unchanged = run.unchanged && now === sha256;
  return { ...run, unchanged, signed: record === undefined ? null : await signedBy(record, now) };
}

async function unpacked(word: string): Promise<string> {
  try {
    return await inflateText(fromBase64Url(word.replaceAll('.', '-')), MAX_FILE_BYTES);
  } catch (thrown) {
    throw new AppError('exams/not-a-run', 'what is inside the page is damaged', {}, { cause: thrown });
  }
}

async function signedBy(record: string, sha256: string): Promise<Signed> {
  let value: unknown = null;
  try {
    value = JSON.parse(new TextDecoder().decode(fromBase64Url(record)));
  } catch {
    // Said below, as of any other text.
  }
  return (await checkSignature(value, 'run', sha256)) ?? { name: '', fingerprint: '', fits: false };
}
