import { describe, expect, it } from 'vitest';
import { AppError } from '../errors/app-error.ts';
import { openHttpSource, type HttpSourceOptions } from './http-byte-source.ts';

const ADDRESS = 'https://models.example/tiny.gguf';
const BYTES = Uint8Array.from({ length: 1000 }, (_, i) => (i * 7) % 256);

interface Asked {
  readonly from: number;
  readonly to: number;
}

type Answer = (asked: Asked) => Response | Promise<Response>;

function range(headers: HeadersInit | undefined): Asked {
  const [, from = '', to = ''] = /^bytes=(\d+)-(\d+)$/.exec(new Headers(headers).get('range') ?? '') ?? [];
  if (from === '') throw new Error('a request without a range');
  return { from: Number(from), to: Number(to) };
}

/** As a server with ranges answers. */
function partial({ from, to }: Asked, etag = '"one"', bytes = BYTES): Response {
  const last = Math.min(to, bytes.length - 1);
  return new Response(bytes.slice(from, last + 1), {
    status: 206,
    headers: { 'content-range': `bytes ${String(from)}-${String(last)}/${String(bytes.length)}`, etag },
  });
}

/** A server that gives these answers in turn, and `partial` ones after them; and what was asked and waited. */
function server(...answers: readonly Answer[]) {
  const asked: Asked[] = [];
  const waits: number[] = [];
  const options: HttpSourceOptions = {
    fetch: async (_, init) => {
      const request = range(init?.headers);
      asked.push(request);
      return (answers[asked.length - 1] ?? partial)(request);
    },
    sleep: (ms) => {
      waits.push(ms);
      return Promise.resolve();
    },
    random: () => 0,
  };
  return { asked, waits, options };
}

const status =
  (code: number, headers: HeadersInit = {}): Answer =>
  () =>
    new Response('no', { status: code, headers });
const networkDown: Answer = () => Promise.reject(new TypeError('Failed to fetch'));
const web: Answer = () =>
  new Response('<html>', { status: 200, headers: { 'content-type': 'text/html; charset=utf-8' } });
const whole: Answer = () => new Response(BYTES, { status: 200 });
/** The first `count` bytes of the answer, then the connection breaks. */
const cutAfter =
  (count: number): Answer =>
  (asked) => {
    const { headers } = partial(asked);
    let sent = false;
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        if (sent) controller.error(new TypeError('network error'));
        else controller.enqueue(BYTES.slice(asked.from, asked.from + count));
        sent = true;
      },
    });
    return new Response(body, { status: 206, headers });
  };

describe('opening a file behind HTTP', () => {
  it('asks for one byte and learns size and validators from the answer', async () => {
    const { asked, options } = server();
    const source = await openHttpSource(ADDRESS, options);
    expect(asked).toEqual([{ from: 0, to: 0 }]);
    expect(source).toMatchObject({ name: ADDRESS, size: 1000, origin: { kind: 'url', etag: '"one"' } });
    expect(await source.read(10, 20)).toEqual(BYTES.slice(10, 30));
    expect(asked[1]).toEqual({ from: 10, to: 29 });
  });

  it.each([
    ['401', status(401), 'bytes/forbidden'],
    ['403', status(403), 'bytes/forbidden'],
    ['404', status(404), 'bytes/not-found'],
    ['410', status(410), 'bytes/not-found'],
    ['416', status(416), 'bytes/range-not-satisfiable'],
    ['418', status(418), 'bytes/http-status'],
    ['a whole file instead of a range', whole, 'bytes/no-ranges'],
    ['a web page', web, 'bytes/html-instead'],
  ] as const)('takes %s for what it is, and does not ask again', async (_, answer, code) => {
    const { asked, options } = server(answer);
    await expect(openHttpSource(ADDRESS, options)).rejects.toMatchObject({
      name: 'AppError',
      code,
      details: { file: ADDRESS },
    });
    expect(asked).toHaveLength(1);
  });

  it('accepts a small whole file where that is allowed, and no larger one', async () => {
    const source = await openHttpSource(ADDRESS, { ...server(whole).options, wholeUpTo: 1000 });
    expect(await source.read(990, 10)).toEqual(BYTES.slice(990));
    await expect(openHttpSource(ADDRESS, { ...server(whole).options, wholeUpTo: 999 })).rejects.toMatchObject(
      {
        code: 'bytes/no-ranges',
      },
    );
  });

  it('needs the size: from the answer, or known already', async () => {
    const hidden: Answer = () => new Response(BYTES.slice(0, 1), { status: 206 });
    await expect(openHttpSource(ADDRESS, server(hidden).options)).rejects.toMatchObject({
      code: 'bytes/no-ranges',
    });
    const source = await openHttpSource(ADDRESS, { ...server(hidden).options, expectedSize: 1000 });
    expect(source.size).toBe(1000);
  });

  it.each([
    ['offline', networkDown, 'bytes/offline'],
    ['a server that fails', status(503), 'bytes/http-status'],
  ] as const)('gives up on %s after six tries, waiting longer each time', async (_, answer, code) => {
    const { asked, waits, options } = server(...new Array<Answer>(9).fill(answer));
    await expect(openHttpSource(ADDRESS, options)).rejects.toMatchObject({ code });
    expect(asked).toHaveLength(6);
    expect(waits).toEqual([250, 500, 1000, 2000, 4000]);
  });

  it('says aborted where it was', async () => {
    const { asked, options } = server();
    await expect(openHttpSource(ADDRESS, { ...options, signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'aborted',
    });
    expect(asked).toEqual([]);
  });
});

describe('reading', () => {
  it.each([
    ['500', status(500)],
    ['429', status(429)],
    ['a network failure', networkDown],
  ] as const)('tries again after %s', async (_, answer) => {
    const { asked, options } = server(partial, answer, answer);
    const source = await openHttpSource(ADDRESS, options);
    expect(await source.read(0, 1000)).toEqual(BYTES);
    expect(asked).toHaveLength(4);
  });

  it('waits as long as the server asks for, within reason', async () => {
    const { waits, options } = server(
      partial,
      status(503, { 'retry-after': '7' }),
      status(429, { 'retry-after': '86400' }),
    );
    await (await openHttpSource(ADDRESS, options)).read(0, 10);
    expect(waits).toEqual([7000, 30_000]);
  });

  it('goes on after the last byte that came, as long as any come', async () => {
    const { asked, waits, options } = server(partial, ...new Array<Answer>(9).fill(cutAfter(100)));
    const source = await openHttpSource(ADDRESS, options);
    expect(await source.read(0, 1000)).toEqual(BYTES);
    expect(asked.slice(1).map(({ from }) => from)).toEqual([0, 100, 200, 300, 400, 500, 600, 700, 800, 900]);
    // Progress makes the next wait a first one again.
    expect(new Set(waits)).toEqual(new Set([250]));
  });

  it.each([
    ['another ETag', (asked: Asked) => partial(asked, '"two"')],
    ['another size', (asked: Asked) => partial(asked, '"one"', BYTES.slice(0, 900))],
  ] as const)('refuses a file that changed: %s', async (_, answer) => {
    const source = await openHttpSource(ADDRESS, server(partial, answer).options);
    await expect(source.read(0, 10)).rejects.toMatchObject({ code: 'bytes/changed' });
  });

  it('takes a weak ETag for the strong one of the same text', async () => {
    const source = await openHttpSource(
      ADDRESS,
      server(partial, (asked) => partial(asked, 'W/"one"')).options,
    );
    expect(await source.read(0, 10)).toEqual(BYTES.slice(0, 10));
  });

  it('also notices the change in the middle of a read', async () => {
    const source = await openHttpSource(
      ADDRESS,
      server(partial, cutAfter(100), (asked) => partial(asked, '"two"')).options,
    );
    await expect(source.read(0, 1000)).rejects.toMatchObject({ code: 'bytes/changed' });
  });

  it.each([
    ['a range where it had served some', whole, 'bytes/no-ranges'],
    ['another part', ({ to }: Asked) => partial({ from: 5, to }), 'bytes/no-ranges'],
    ['a login page', web, 'bytes/html-instead'],
    ['an expired signature', status(403), 'bytes/forbidden'],
  ] as const)('refuses %s', async (_, answer, code) => {
    const source = await openHttpSource(ADDRESS, server(partial, answer).options);
    await expect(source.read(0, 10)).rejects.toMatchObject({ code });
  });

  it('never asks beyond the end', async () => {
    const { asked, options } = server();
    const source = await openHttpSource(ADDRESS, options);
    await expect(source.read(990, 11)).rejects.toMatchObject({ code: 'bytes/short-read' });
    await expect(source.read(0, 2 ** 50)).rejects.toBeInstanceOf(AppError);
    expect(await source.read(1000, 0)).toEqual(new Uint8Array(0));
    expect(asked).toHaveLength(1);
  });

  it('tries again on a connection that falls silent', async () => {
    const silent: Answer = (asked) =>
      new Response(new ReadableStream(), { status: 206, headers: partial(asked).headers });
    const { asked, options } = server(partial, silent);
    const source = await openHttpSource(ADDRESS, { ...options, stallMs: 20, attempts: 50 });
    expect(await source.read(0, 4)).toEqual(BYTES.slice(0, 4));
    expect(asked.length).toBeGreaterThan(2);
  });

  it('stops in the middle of a body when aborted', async () => {
    const controller = new AbortController();
    const slow: Answer = (asked) => {
      controller.abort();
      return cutAfter(10)(asked);
    };
    const source = await openHttpSource(ADDRESS, server(partial, slow).options);
    await expect(source.read(0, 1000, controller.signal)).rejects.toMatchObject({ code: 'aborted' });
  });
});
