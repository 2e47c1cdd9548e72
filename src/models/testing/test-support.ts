/** Stand-ins for the browser and the network, for the tests of this room. */
import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { AppError } from '../../errors/app-error.ts';
import type { ByteSource } from '../../lib/byte-source.ts';
import { MemoryInstallStore } from '../storage/install-store.ts';
import type {
  AcquisitionContext,
  AcquisitionNotice,
  AcquisitionProgress,
  AcquisitionRun,
} from '../acquire/ways/acquisition-run.ts';
import type { WritableGguf } from '../storage/gguf-store.ts';

/** The Cache API's part that models use, in memory. `failPut` stands for a full disk. */
export class FakeCaches {
  readonly contents = new Map<
    string,
    Map<string, { bytes: Uint8Array<ArrayBuffer>; headers: [string, string][] }>
  >();
  failPut: ((url: string) => Error | null) | null = null;

  readonly api = {
    open: (name: string) => Promise.resolve(this.#cache(name)),
  } as unknown as CacheStorage;

  bytes(url: string): Uint8Array<ArrayBuffer> | undefined {
    for (const cache of this.contents.values()) {
      const entry = cache.get(url);
      if (entry) return entry.bytes;
    }
    return undefined;
  }

  urls(): string[] {
    return [...this.contents.values()].flatMap((cache) => [...cache.keys()]);
  }

  #cache(name: string): Cache {
    const entries =
      this.contents.get(name) ??
      new Map<string, { bytes: Uint8Array<ArrayBuffer>; headers: [string, string][] }>();
    this.contents.set(name, entries);
    const urlOf = (request: RequestInfo | URL): string =>
      request instanceof Request ? request.url : String(request);
    return {
      put: async (request: RequestInfo | URL, response: Response) => {
        const failure = this.failPut?.(urlOf(request));
        if (failure) throw failure;
        entries.set(urlOf(request), {
          bytes: new Uint8Array(await response.arrayBuffer()),
          headers: [...response.headers],
        });
      },
      match: (request: RequestInfo | URL) => {
        const entry = entries.get(urlOf(request));
        return Promise.resolve(entry && new Response(entry.bytes.slice(), { headers: entry.headers }));
      },
      delete: (request: RequestInfo | URL) => Promise.resolve(entries.delete(urlOf(request))),
      keys: () => Promise.resolve([...entries.keys()].map((url) => new Request(url))),
    } as unknown as Cache;
  }
}

/** The private file system's part that models use, in memory. */
export class FakeGgufFiles {
  readonly files = new Map<string, Uint8Array<ArrayBuffer>>();
  /** Bytes that may still be written; then the disk is full. */
  room = Number.MAX_SAFE_INTEGER;

  open(name: string): WritableGguf {
    const bytes = (): Uint8Array<ArrayBuffer> => this.files.get(name) ?? new Uint8Array();
    const resize = (size: number): Uint8Array<ArrayBuffer> => {
      const next = new Uint8Array(size);
      next.set(bytes().subarray(0, size));
      this.files.set(name, next);
      return next;
    };
    return {
      get size() {
        return bytes().byteLength;
      },
      write: (chunk, offset) => {
        if (chunk.byteLength > this.room) throw new AppError('storage/full', 'no room');
        this.room -= chunk.byteLength;
        const target =
          bytes().byteLength < offset + chunk.byteLength ? resize(offset + chunk.byteLength) : bytes();
        target.set(chunk, offset);
      },
      read: (offset, length) => bytes().slice(offset, offset + length),
      truncate: (size) => {
        resize(size);
      },
      flush: () => undefined,
      close: () => undefined,
    };
  }
}

export interface TestRun {
  readonly run: AcquisitionRun;
  readonly caches: FakeCaches;
  readonly gguf: FakeGgufFiles;
  readonly store: MemoryInstallStore;
  readonly notices: AcquisitionNotice[];
  readonly progress: AcquisitionProgress[];
  readonly abort: AbortController;
}

export function testRun(
  overrides: Partial<AcquisitionContext> = {},
  kept?: Pick<TestRun, 'caches' | 'gguf' | 'store'>,
): TestRun {
  const caches = kept?.caches ?? new FakeCaches();
  const gguf = kept?.gguf ?? new FakeGgufFiles();
  const store = kept?.store ?? new MemoryInstallStore();
  const notices: AcquisitionNotice[] = [];
  const progress: AcquisitionProgress[] = [];
  const abort = new AbortController();
  let clock = 1_700_000_000_000;
  let revisions = 0;
  const run: AcquisitionRun = {
    store,
    caches: caches.api,
    storage: {
      estimate: () => Promise.resolve({ usage: 0, quota: 100e9 }),
      persist: () => Promise.resolve(true),
    },
    openUrl: () => Promise.reject(new AppError('bytes/offline', 'no network in this test')),
    openGguf: (name) => Promise.resolve(gguf.open(name)),
    deleteGguf: (name) => {
      const size = gguf.files.get(name)?.byteLength ?? 0;
      gguf.files.delete(name);
      return Promise.resolve(size);
    },
    readGguf: (name) =>
      Promise.resolve(gguf.files.has(name) ? new Blob([gguf.files.get(name) ?? new Uint8Array()]) : null),
    fetch: (input, init) => fetch(input, init),
    now: () => (clock += 300),
    siteUrl: 'https://site.example/app/',
    newRevision: () => `r${String((revisions += 1))}`,
    ...overrides,
    signal: abort.signal,
    report: (each) => progress.push(each),
    tell: (each) => notices.push(each),
  };
  return { run, caches, gguf, store, notices, progress, abort };
}

export function memorySource(bytes: Uint8Array<ArrayBuffer>, name = 'memory.gguf', etag = '"1"'): ByteSource {
  return {
    name,
    size: bytes.byteLength,
    origin: { kind: 'url', etag, lastModified: null },
    read: (offset, length, signal) => {
      signal?.throwIfAborted();
      if (offset + length > bytes.byteLength) {
        return Promise.reject(new AppError('bytes/short-read', 'beyond the end', { offset, length }));
      }
      return Promise.resolve(bytes.slice(offset, offset + length));
    },
  };
}

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

export function md5(bytes: Uint8Array): string {
  return createHash('md5').update(bytes).digest('hex');
}

export interface TestServer extends AsyncDisposable {
  readonly url: string;
  readonly requests: { readonly path: string; readonly range: string | null }[];
}

/** Serves `files` with ranges and ETags; `fault` may take a response over and then returns true. */
export async function serveFiles(
  files: ReadonlyMap<string, Uint8Array>,
  fault: (request: IncomingMessage, response: ServerResponse, path: string) => boolean = () => false,
): Promise<TestServer> {
  const requests: TestServer['requests'] = [];
  const server = createServer((request, response) => {
    const path = (request.url ?? '/').slice(1);
    requests.push({ path, range: request.headers.range ?? null });
    if (fault(request, response, path)) return;
    const bytes = files.get(path);
    if (!bytes) {
      response.writeHead(404).end();
      return;
    }
    const etag = `"${md5(bytes)}"`;
    const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '');
    const usable = range && (request.headers['if-range'] ?? etag) === etag;
    const start = usable ? Number(range[1]) : 0;
    const end = usable && range[2] ? Number(range[2]) : bytes.byteLength - 1;
    response.writeHead(usable ? 206 : 200, {
      etag,
      'accept-ranges': 'bytes',
      'content-type': path.endsWith('.json') ? 'application/json' : 'application/octet-stream',
      'content-length': end - start + 1,
      ...(usable && { 'content-range': `bytes ${String(start)}-${String(end)}/${String(bytes.byteLength)}` }),
    });
    response.end(bytes.subarray(start, end + 1));
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${String(port)}/`,
    requests,
    [Symbol.asyncDispose]: () =>
      new Promise<void>((done) => {
        server.closeAllConnections();
        server.close(() => {
          done();
        });
      }),
  };
}
