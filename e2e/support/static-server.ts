/**
 * A static file server for tests, with byte ranges and planned faults: what the app meets on real hosts, in one process.
 * It listens on loopback only.
 */
import { createHash } from 'node:crypto';
import { createReadStream, existsSync, statSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize, resolve, sep } from 'node:path';
import { securityHeaders } from '../../src/app/security/security-headers.ts';

const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.webmanifest': 'application/manifest+json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.wasm': 'application/wasm',
  '.woff2': 'font/woff2',
};

/** Decides what happens to one request before the file is served. Return `true` when the response was taken over. */
export type Fault = (
  request: IncomingMessage,
  response: ServerResponse,
  path: string,
) => boolean | Promise<boolean>;

export interface StaticServerOptions {
  /** Folder served at `/`, or at `prefix`. */
  readonly root: string;
  /** Serves under a sub-path such as `/some/where/`. */
  readonly prefix?: string;
  /** More folders by URL prefix, e.g. `{'/hub/': folder}`. */
  readonly mounts?: Readonly<Record<string, string>>;
  /** 0 picks a free port. */
  readonly port?: number;
  /** Headers on every answer; the app's security headers unless given. `{}` is a host that can't send any. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly fault?: Fault;
}

export interface StaticServer {
  /** `http://localhost:PORT` + prefix, with a closing slash. */
  readonly url: string;
  /** Method, path and Range header of every request so far. */
  readonly requests: readonly {
    readonly method: string;
    readonly path: string;
    readonly range: string | null;
  }[];
  close(): Promise<void>;
}

export async function startStaticServer(options: StaticServerOptions): Promise<StaticServer> {
  const prefix = options.prefix ?? '/';
  const headers = options.headers ?? securityHeaders();
  const requests: { method: string; path: string; range: string | null }[] = [];
  const server = createServer((request, response) => {
    const path = decodeURIComponent(new URL(request.url ?? '/', 'http://localhost').pathname);
    requests.push({ method: request.method ?? 'GET', path, range: request.headers.range ?? null });
    answer(request, response, path).catch((error: unknown) => {
      response.destroy(error instanceof Error ? error : new Error(String(error)));
    });
  });

  async function answer(request: IncomingMessage, response: ServerResponse, path: string): Promise<void> {
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    if (options.fault && (await options.fault(request, response, path))) return;
    const file = locate(path);
    if (!file) {
      response.writeHead(404, { 'content-type': 'text/plain' }).end('Not found');
      return;
    }
    serveFile(request, response, file);
  }

  function locate(path: string): string | null {
    for (const [mount, folder] of Object.entries(options.mounts ?? {})) {
      if (path.startsWith(mount)) return inside(folder, path.slice(mount.length));
    }
    if (!path.startsWith(prefix)) return null;
    return inside(options.root, path.slice(prefix.length) || 'index.html');
  }

  await new Promise<void>((done) => server.listen(options.port ?? 0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  return { url: `http://localhost:${port}${prefix}`, requests, close: () => closeServer(server) };
}

function inside(folder: string, path: string): string | null {
  const root = resolve(folder);
  const file = normalize(join(root, path));
  if (file !== root && !file.startsWith(root + sep)) return null;
  if (!existsSync(file)) return null;
  if (!statSync(file).isDirectory()) return file;
  const index = join(file, 'index.html');
  return existsSync(index) ? index : null;
}

function serveFile(request: IncomingMessage, response: ServerResponse, file: string): void {
  const { size, mtimeMs } = statSync(file);
  const etag = `"${createHash('sha1').update(`${file}:${size}:${mtimeMs}`).digest('hex').slice(0, 16)}"`;
  response.setHeader('content-type', TYPES[extname(file)] ?? 'application/octet-stream');
  response.setHeader('accept-ranges', 'bytes');
  response.setHeader('etag', etag);
  const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '');
  let [start, end] = [0, size - 1];
  if (range) {
    start = Number(range[1]);
    end = Math.min(range[2] ? Number(range[2]) : size - 1, size - 1);
    if (start >= size || end < start) {
      response.writeHead(416, { 'content-range': `bytes */${size}` }).end();
      return;
    }
    response.writeHead(206, {
      'content-range': `bytes ${start}-${end}/${size}`,
      'content-length': end - start + 1,
    });
  } else {
    response.writeHead(200, { 'content-length': size });
  }
  if (request.method === 'HEAD' || size === 0) {
    response.end();
    return;
  }
  const stream = createReadStream(file, { start, end });
  stream.pipe(response);
  response.on('close', () => stream.destroy());
}

function closeServer(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((done, fail) => server.close((error) => (error ? fail(error) : done())));
}
