import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { ModelFile } from '../../../port.ts';
import { MeteredFile, readModel } from './read-model.ts';

const demo = new Uint8Array(readFileSync('public/models/demo/demo-q4_0.gguf'));
const sha256 = createHash('sha256').update(demo).digest('hex');
const url = 'https://app.example/models/demo.gguf';
const file = (over: Partial<Extract<ModelFile, { from: 'url' }>> = {}): ModelFile => ({
  from: 'url',
  url,
  bytes: demo.length,
  ...over,
});

/** A host that answers with `body`, in pieces. */
function host(body: Uint8Array<ArrayBuffer>, init: ResponseInit = {}, pieceBytes = 100_000): typeof fetch {
  return () => {
    let at = 0;
    const stream = new ReadableStream<Uint8Array<ArrayBuffer>>({
      pull(controller) {
        if (at >= body.length) controller.close();
        else controller.enqueue(body.slice(at, (at += pieceBytes)));
      },
    });
    return Promise.resolve(new Response(stream, init));
  };
}

const ignore = (): void => undefined;
/** Retries without their pauses. */
const instantly = () => Promise.resolve();
const utf8 = (text: string): Uint8Array<ArrayBuffer> => new Uint8Array(new TextEncoder().encode(text));

describe('readModel', () => {
  it('streams a file in, telling bytes, and names it by its hash', async () => {
    const seen: number[] = [];
    const model = await readModel([file({ sha256 })], (loaded) => seen.push(loaded), {
      fetch: host(demo),
    });
    expect(model.sha256).toBe(sha256);
    expect(model.files.map(({ name, size }) => [name, size])).toEqual([['demo.gguf', demo.length]]);
    expect(model.header.metadata.get('general.architecture')).toBe('llama');
    expect(seen.length).toBeGreaterThan(5);
    expect(seen).toEqual([...seen].sort((a, b) => a - b));
    expect(seen.at(-1)).toBe(demo.length);
    expect(Buffer.from((await model.files[0]?.arrayBuffer()) ?? new ArrayBuffer(0)).equals(demo)).toBe(true);
  });

  it('takes a file of this machine as it is', async () => {
    const model = await readModel([{ from: 'blob', blob: new Blob([demo]), name: 'mine.gguf' }], ignore);
    expect(model).toMatchObject({ sha256: '' });
    expect(model.files[0]?.name).toBe('mine.gguf');
  });

  it.each([
    ['bytes/not-found', file(), host(utf8('no'), { status: 404 })],
    ['bytes/not-found', file(), host(utf8('no'), { status: 410 })],
    ['bytes/forbidden', file(), host(utf8('no'), { status: 401 })],
    ['bytes/http-status', file(), host(utf8('no'), { status: 500 })],
    ['bytes/html-instead', file(), host(demo, { headers: { 'content-type': 'text/html; charset=utf-8' } })],
    ['bytes/html-instead', file(), host(utf8('\n <!DOCTYPE html><p>404'))],
    ['bytes/short-read', file(), host(demo.slice(0, -1))],
    ['bytes/changed', file({ bytes: demo.length - 1 }), host(demo)],
    ['bytes/changed', file({ sha256: sha256.replace(/^./, '!') }), host(demo)],
    ['bytes/offline', file(), () => Promise.reject(new TypeError('Failed to fetch'))],
    ['aborted', file(), () => Promise.reject(new DOMException('stop', 'AbortError'))],
    ['engine/bad-model-file', file({ bytes: 8 }), host(utf8('GGUF\x03\0\0\0'))],
    ['engine/bad-model-file', file({ bytes: 20 }), host(utf8('not a model at all!!'))],
    ['engine/bad-model-file', file({ bytes: demo.length / 2 }), host(demo.slice(0, demo.length / 2))],
  ] as const)('says %s', async (code, asked, fetcher) => {
    await expect(readModel([asked], ignore, { fetch: fetcher, sleep: instantly })).rejects.toMatchObject({
      code,
    });
  });

  it('says how far a broken download came', async () => {
    const breaking: typeof fetch = () => {
      let sent = false;
      const stream = new ReadableStream<Uint8Array<ArrayBuffer>>({
        pull(controller) {
          if (sent) controller.error(new TypeError('network error'));
          else controller.enqueue(demo.slice(0, 1000));
          sent = true;
        },
      });
      return Promise.resolve(new Response(stream));
    };
    await expect(readModel([file()], ignore, { fetch: breaking, sleep: instantly })).rejects.toMatchObject({
      code: 'bytes/offline',
      details: { received: 1000, expected: demo.length },
    });
  });

  it('refuses a model of no files', async () => {
    await expect(readModel([], ignore)).rejects.toMatchObject({ code: 'engine/bad-model-file' });
  });
});

describe('MeteredFile', () => {
  it('tells what is read of it, by slice and by stream', async () => {
    let read = 0;
    const metered = new MeteredFile(new File([demo.slice(0, 1000)], 'a'), (bytes) => {
      read += bytes;
    });
    expect((await metered.slice(10, 30).arrayBuffer()).byteLength).toBe(20);
    metered.slice(990, 5000);
    expect(read).toBe(30);
    await new Response(metered.stream()).arrayBuffer();
    expect(read).toBe(1030);
    expect(metered).toMatchObject({ name: 'a', size: 1000 });
  });
});
