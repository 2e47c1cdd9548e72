/** What the report's rows hash to: anyone who has the run's file can compute it again. */
import { canonicalJson, contentHash } from '../../transcripts/format/integrity/canonical.ts';
import type { Result } from '../runs/result.ts';

/** Lower-case hex SHA-256 of the results' canonical JSON (RFC 8785), one a line, without the run's own id. */
export async function rowsSha256(results: Iterable<Result>): Promise<string> {
  const hash = await contentHash();
  for (const { runId: _, ...row } of results) hash.update(`${canonicalJson(row)}\n`);
  return hash.digest();
}

/** SHA-256 of a text, lower-case hex. */
export async function sha256(text: string): Promise<string> {
  const hash = await contentHash();
  hash.update(text);
  return hash.digest();
}
