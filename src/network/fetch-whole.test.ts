import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { fetchWhole } from './fetch-whole.ts';
import { md5, serveFiles, sha256 } from '../models/testing/test-support.ts';

const FILE = Uint8Array.from({ length: 300_000 }, (_, i) => (i * 7 + (i >> 8)) & 255);
const files = new Map<string, Uint8Array>([['x.bin', FILE]]);
/** What the test server gives the file. */
const ETAG = `"${md5(FILE)}"`;
/** Four tries without a pause. */
const QUICK = { attempts: 4, sleep: () => Promise.resolve() };

function runOf(signal = new AbortController().signal) {
  return { fetch: (input: RequestInfo | URL, init?: RequestInit) => fetch(input, init), signal };
}

const options = { expectedBytes: FILE.byteLength, maxBytes: FILE.byteLength, ...QUICK };

describe('fetchWhole', () => {
  it('delivers the bytes and counts them', async () => {
    await using server = await serveFiles(files);
    let counted = 0;
    const bytes = await fetchWhole(runOf(), `${server.url}x.bin`, {
      ...options,
      onBytes: (n) => (counted += n),
    });
    expect(bytes && sha256(bytes)).toBe(sha256(FILE));
    expect(counted).toBe(FILE.byteLength);
  });

  it('goes on by a range after a cut, and counts no byte twice', async () => {
    let cuts = 0;
    await using server = await serveFiles(files, (request, response) => {
      if (cuts >= 2) return false;
      cuts += 1;
      const start = Number(/bytes=(\d+)/.exec(request.headers.range ?? '')?.[1] ?? 0);
      response.writeHead(start > 0 ? 206 : 200, {
        etag: ETAG,
        'content-length': FILE.byteLength - start,
      });
      response.write(FILE.subarray(start, start + 70_000), () => {
        setTimeout(() => response.destroy(), 20);
      });
      return true;
    });
    let counted = 0;
    const bytes = await fetchWhole(runOf(), `${server.url}x.bin`, {
      ...options,
      onBytes: (n) => (counted += n),
    });
    expect(bytes && sha256(bytes)).toBe(sha256(FILE));
    expect(counted).toBe(FILE.byteLength);
    expect(server.requests.map(({ range }) => range)).toEqual([null, 'bytes=70000-', 'bytes=140000-']);
  });

  it('begins again where the server gives no validator', async () => {
    let cuts = 0;
    await using server = await serveFiles(files, (_, response) => {
      if (cuts >= 1) return false;
      cuts += 1;
      response.writeHead(200, { 'content-length': FILE.byteLength });
      response.write(FILE.subarray(0, 50_000), () => {
        setTimeout(() => response.destroy(), 20);
      });
      return true;
    });
    let counted = 0;
    const bytes = await fetchWhole(runOf(), `${server.url}x.bin`, {
      ...options,
      onBytes: (n) => (counted += n),
    });
    expect(bytes && sha256(bytes)).toBe(sha256(FILE));
    expect(counted).toBe(FILE.byteLength);
    expect(server.requests[1]?.range).toBeNull();
  });

  it('begins again when the rest would come from another file', async () => {
    let cuts = 0;
    await using server = await serveFiles(files, (_, response) => {
      if (cuts >= 1) return false;
      cuts += 1;
      response.writeHead(200, { etag: '"before"', 'content-length': FILE.byteLength });
      response.write(new Uint8Array(50_000), () => {
        setTimeout(() => response.destroy(), 20);
      });
      return true;
    });
    const bytes = await fetchWhole(runOf(), `${server.url}x.bin`, options);
    expect(bytes && sha256(bytes)).toBe(sha256(FILE));
  });

  it('waits out errors of the server', async () => {
    let errors = 0;
    await using server = await serveFiles(files, (_, response) => {
      errors += 1;
      if (errors > 2) return false;
      response.writeHead(errors === 1 ? 503 : 429).end();
      return true;
    });
    const bytes = await fetchWhole(runOf(), `${server.url}x.bin`, options);
    expect(bytes && sha256(bytes)).toBe(sha256(FILE));
  });

  it('answers null where there is no such file', async () => {
    await using server = await serveFiles(files);
    expect(await fetchWhole(runOf(), `${server.url}none`, options)).toBeNull();
  });

  it.each([
    [403, 'bytes/forbidden'],
    [401, 'bytes/forbidden'],
    [416, 'bytes/range-not-satisfiable'],
    [418, 'bytes/http-status'],
  ])('does not repeat what %i says', async (status, code) => {
    await using server = await serveFiles(files, (_, response) => {
      response.writeHead(status).end();
      return true;
    });
    await expect(fetchWhole(runOf(), `${server.url}x.bin`, options)).rejects.toMatchObject({ code });
    expect(server.requests).toHaveLength(1);
  });

  it('gives up on a server that stays in trouble', async () => {
    await using server = await serveFiles(files, (_, response) => {
      response.writeHead(500).end();
      return true;
    });
    await expect(fetchWhole(runOf(), `${server.url}x.bin`, options)).rejects.toMatchObject({
      code: 'bytes/http-status',
      details: { status: 500 },
    });
    expect(server.requests).toHaveLength(QUICK.attempts);
  });

  it('says offline when nothing answers', async () => {
    const server = await serveFiles(files);
    await server[Symbol.asyncDispose]();
    await expect(fetchWhole(runOf(), `${server.url}x.bin`, options)).rejects.toMatchObject({
      code: 'bytes/offline',
    });
  });

  it('refuses a complete answer of another length, a web page, and more than it may be', async () => {
    await using server = await serveFiles(
      new Map<string, Uint8Array>([
        ['short.bin', FILE.subarray(0, 10)],
        ['long.bin', FILE],
      ]),
      (_, response, path) => {
        if (path !== 'page.bin') return false;
        response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html>');
        return true;
      },
    );
    const fetchOne = (name: string, changes: object = {}) =>
      fetchWhole(runOf(), server.url + name, { ...options, ...changes });
    await expect(fetchOne('short.bin')).rejects.toMatchObject({ code: 'bytes/changed' });
    await expect(fetchOne('page.bin')).rejects.toMatchObject({ code: 'bytes/html-instead' });
    await expect(fetchOne('long.bin', { expectedBytes: null, maxBytes: 1000 })).rejects.toMatchObject({
      code: 'bytes/too-large',
    });
  });

  it('waits as long as the server asks for', async () => {
    let errors = 0;
    await using server = await serveFiles(files, (_, response) => {
      if (errors++ > 0) return false;
      response.writeHead(503, { 'retry-after': '7' }).end();
      return true;
    });
    const waits: number[] = [];
    const sleep = (ms: number) => Promise.resolve(void waits.push(ms));
    await fetchWhole(runOf(), `${server.url}x.bin`, { ...options, sleep });
    expect(waits).toEqual([7000]);
  });

  it('refuses more than a file may be, as its own fault, also where the server does not announce it', async () => {
    await using server = await serveFiles(files, (_, response) => {
      response.writeHead(200, { 'transfer-encoding': 'chunked' }).end(FILE);
      return true;
    });
    await expect(
      fetchWhole(runOf(), `${server.url}x.bin`, { ...options, expectedBytes: null, maxBytes: 1000 }),
    ).rejects.toMatchObject({ code: 'bytes/too-large', details: { limit: 1000 } });
    expect(server.requests).toHaveLength(1);
  });

  it('goes on where a cache made the same validator a weak one', async () => {
    let cuts = 0;
    await using server = await serveFiles(files, (request, response) => {
      const start = Number(/bytes=(\d+)/.exec(request.headers.range ?? '')?.[1] ?? 0);
      const headers = { 'content-length': FILE.byteLength - start };
      if (cuts++ === 0) {
        response.writeHead(200, { ...headers, etag: '"abc"' });
        response.write(FILE.subarray(0, 70_000), () => setTimeout(() => response.destroy(), 20));
      } else {
        response.writeHead(206, { ...headers, etag: 'W/"abc"' }).end(FILE.subarray(start));
      }
      return true;
    });
    const bytes = await fetchWhole(runOf(), `${server.url}x.bin`, options);
    expect(bytes && sha256(bytes)).toBe(sha256(FILE));
    expect(server.requests.map(({ range }) => range)).toEqual([null, 'bytes=70000-']);
  });

  describe('in a page', () => {
    beforeEach(() => {
      vi.stubGlobal('location', new URL('https://app.example/'));
    });
    afterEach(() => {
      vi.unstubAllGlobals();
    });
    const fail = () => Promise.reject(new TypeError('Failed to fetch'));

    it.each([
      ['a server without CORS', (init?: RequestInit) => init?.mode === 'no-cors', false],
      ['a server that leads to one without CORS', (init?: RequestInit) => init?.redirect === 'manual', true],
    ])('tells %s from a dead line', async (_, answers, redirected) => {
      const fetch = (_url: unknown, init?: RequestInit) =>
        answers(init) ? Promise.resolve(new Response()) : fail();
      await expect(
        fetchWhole({ ...runOf(), fetch }, 'https://far.example/x.bin', options),
      ).rejects.toMatchObject({ code: 'bytes/cors', details: { redirected } });
    });

    it('says offline where nothing answers at all', async () => {
      await expect(
        fetchWhole({ ...runOf(), fetch: fail }, 'https://far.example/x.bin', options),
      ).rejects.toMatchObject({ code: 'bytes/offline' });
    });
  });

  it.each([
    ['announced its length', { 'content-length': String(FILE.byteLength) }, [null]],
    ['did not', {}, [null, `bytes=${String(FILE.byteLength)}-`, null]],
  ])('has a file whose line failed after the last byte, where the server %s', async (_, headers, ranges) => {
    const asked: (string | null)[] = [];
    const fetch = (_url: unknown, init?: RequestInit): Promise<Response> => {
      const range = new Headers(init?.headers).get('range');
      asked.push(range);
      if (range !== null) return Promise.resolve(new Response(null, { status: 416 }));
      const fails = asked.length === 1;
      let sent = false;
      const body = new ReadableStream<Uint8Array>({
        pull: (controller) => {
          if (sent && fails) controller.error(new TypeError('network error'));
          else if (sent) controller.close();
          else controller.enqueue(FILE.slice());
          sent = true;
        },
      });
      return Promise.resolve(new Response(body, { headers: { etag: ETAG, ...headers } }));
    };
    const bytes = await fetchWhole({ ...runOf(), fetch }, 'https://far.example/x.bin', {
      ...options,
      expectedBytes: null,
    });
    expect(bytes && sha256(bytes)).toBe(sha256(FILE));
    expect(asked).toEqual(ranges);
  });

  it('has a file of another host that came compressed: the page is told that length, and not that it is one', async () => {
    const fetch = (): Promise<Response> =>
      Promise.resolve(new Response(FILE, { headers: { 'content-length': '4096' } }));
    for (const expectedBytes of [null, FILE.byteLength]) {
      const bytes = await fetchWhole({ ...runOf(), fetch }, 'https://far.example/x.wasm', {
        ...options,
        expectedBytes,
      });
      expect(bytes && sha256(bytes)).toBe(sha256(FILE));
    }
  });

  it('stops at once, also while it waits', async () => {
    await using server = await serveFiles(files, (_, response) => {
      response.writeHead(500).end();
      return true;
    });
    const abort = new AbortController();
    const work = fetchWhole(runOf(abort.signal), `${server.url}x.bin`, {
      expectedBytes: FILE.byteLength,
      maxBytes: FILE.byteLength,
    });
    setTimeout(() => {
      abort.abort();
    }, 50);
    await expect(work).rejects.toSatisfy(
      (thrown) => thrown instanceof Error && /abort/i.test(thrown.name + thrown.message),
    );
  });
});
