/** Whether the same work, tried again, can end otherwise. */
import type { InstallRecord } from '../storage/records.ts';

/** The fault lies in the file, or in how its host serves it: only another file or another source helps. */
const LASTING: ReadonlySet<string> = new Set([
  'bytes/cors',
  'bytes/no-ranges',
  'bytes/not-found',
  'bytes/too-large',
  'models/bad-package',
  'models/no-weights',
  'models/other-form',
  'models/unknown',
]);
/** Everything the transcoder says is about the file, except these. */
const PASSING: ReadonlySet<string> = new Set(['transcode/worker-failed', 'transcode/package-damaged']);

export function canResume({ code }: { readonly code: string }): boolean {
  return !LASTING.has(code) && (!code.startsWith('transcode/') || PASSING.has(code));
}

/** Nothing can come of an install that is not whole: whatever is got next takes its place. */
export function isHopeless({ status, stopped }: Pick<InstallRecord, 'status' | 'stopped'>): boolean {
  return status === 'incomplete' && stopped?.by === 'error' && !canResume(stopped.error);
}
