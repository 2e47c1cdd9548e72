import { expect, it } from 'vitest';
import { errorText, ERROR_CODES } from '../../errors/error-text.ts';
import { canResume } from './can-resume.ts';

it('offers Resume wherever the words for a failed transfer speak of it, and nowhere a file is at fault', () => {
  const transfers = ERROR_CODES.filter((code) => /^(bytes|transcode|models)\//.test(code));
  for (const code of transfers) {
    if (/press resume/i.test(errorText({ code }).action)) expect(canResume({ code }), code).toBe(true);
  }
  for (const code of [
    'transcode/malformed',
    'transcode/truncated',
    'transcode/unsupported',
    'bytes/cors',
  ] as const)
    expect(canResume({ code }), code).toBe(false);
  for (const code of [
    'bytes/offline',
    'storage/full',
    'network/offline-only',
    'models/source-mismatch',
  ] as const)
    expect(canResume({ code }), code).toBe(true);
});
