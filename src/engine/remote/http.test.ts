import { describe, expect, it } from 'vitest';
import { z } from '../../lib/zod.ts';
import { isTooLong, readError, readJson, retryAfter } from './http.ts';

describe('Retry-After', () => {
  const now = Date.parse('2026-11-29T12:00:00Z');
  it.each([
    ['0', 0],
    ['120', 120_000],
    [' 7 ', 7000],
    ['Sun, 29 Nov 2026 12:00:30 GMT', 30_000],
    // The two older forms of a date that a server may still send.
    ['Sunday, 29-Nov-26 12:01:00 GMT', 60_000],
    ['Sun Nov 29 12:00:05 2026 GMT', 5000],
    // Already past: at once.
    ['Sun, 29 Nov 2026 11:00:00 GMT', 0],
    ['soon', null],
    ['-5', null],
    ['1.5', null],
    ['', null],
    [null, null],
  ])('%j is %j ms', (header, ms) => {
    expect(retryAfter(header, now)).toBe(ms);
  });
});

/** Bodies as real servers sent them. */
const TOO_LONG = [
  {
    error: {
      message:
        "This model's maximum context length is 2048 tokens. However, you requested 5 output tokens and your prompt contains at least 2044 input tokens, for a total of at least 2049 tokens. Please reduce the length of the input prompt or the number of requested output tokens. (parameter=input_tokens, value=2044)",
      type: 'BadRequestError',
      param: 'input_tokens',
      code: 400,
    },
  },
  {
    error: {
      message:
        'max_tokens=4000 cannot be greater than max_model_len=max_total_tokens=2048. Please request fewer output tokens. (parameter=max_tokens, value=4000)',
      type: 'BadRequestError',
      param: 'max_tokens',
      code: 400,
    },
  },
];
const OTHERS = [
  {
    error: {
      message:
        'Requested sample logprobs of 50, which is greater than max allowed: 20 (parameter=logprobs, value=50)',
      type: 'BadRequestError',
      param: 'logprobs',
      code: 400,
    },
  },
  {
    error: { message: 'Token id 5000 is out of vocabulary', type: 'BadRequestError', param: null, code: 400 },
  },
  { error: 'Unauthorized' },
  { detail: 'Not Found' },
];

describe('an error of a real vLLM (of May 2026)', () => {
  it('is of the length where it is', () => {
    for (const body of TOO_LONG) expect(isTooLong(readError(body) ?? none())).toBe(true);
    for (const body of OTHERS) expect(isTooLong(readError(body) ?? none())).toBe(false);
  });
});

it('an answer beyond all measure is not read to its end', async () => {
  const chunk = new Uint8Array(1024 * 1024).fill(0x20);
  let sent = 0;
  const endless = new ReadableStream<Uint8Array>({
    pull(controller) {
      sent += 1;
      controller.enqueue(chunk);
    },
  });
  const server = { root: 'http://server.test/', key: () => null };
  await expect(readJson(new Response(endless), server, 'v1/models', z.unknown())).rejects.toMatchObject({
    code: 'server/damaged-answer',
  });
  expect(sent).toBeLessThan(40);
});

function none(): never {
  throw new Error('no error was read');
}
