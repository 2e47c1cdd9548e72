/** Requests to a server, and what an answer that is no answer means. */
import type { AppFetch, ReasonedInit } from '../../network/egress.ts';
import { AppError, isAbort } from '../../errors/app-error.ts';
import type { z } from '../../lib/zod.ts';
import { isLoopback, isPrivate, urlBelow } from './connect/address.ts';
import { errorBody } from './wire.ts';

/** A server as requests need it. The key is asked for each time and is nowhere else: not in states, not in errors. */
export interface ServerEndpoint {
  readonly root: string;
  readonly key: () => string | null;
}

/** What requests depend on in a browser; tests give others. */
export interface ServerSurroundings {
  readonly fetch: AppFetch;
  /** Finds the cause of a request that failed without an answer. */
  readonly diagnose: (url: string, thrown: unknown) => Promise<AppError>;
}

export interface ServerRequest {
  /** Given: POST with this as JSON. */
  readonly body?: unknown;
  readonly signal?: AbortSignal;
  /** The server's own words may go into the error: the request held none of a person's. */
  readonly quote?: boolean;
}

/** Puts a question and reads its answer; patient or not is for whoever gives it. @throws AppError `server/*`, `aborted`. */
export type AskJson = <S extends z.ZodType>(path: string, schema: S, body: unknown) => Promise<z.infer<S>>;

/** Answers that are read whole: lists of models, one completion with the probabilities of a long prompt. */
const MAX_ANSWER_BYTES = 32 * 1024 * 1024;
/** An error's body is a sentence or two; an HTML page in its place is looked at only this far. */
const MAX_ERROR_BYTES = 64 * 1024;
const MAX_QUOTE = 300;

/**
 * @returns the answer's head, status 2xx.
 * @throws AppError `server/*`, `network/offline-only`, `engine/prompt-too-long`, `aborted`.
 */
export async function request(
  server: ServerEndpoint,
  { fetch, diagnose }: ServerSurroundings,
  path: string,
  { body, signal, quote = false }: ServerRequest = {},
): Promise<Response> {
  const url = urlBelow(server, path);
  let response: Response;
  try {
    response = await fetch(url, requestInit(server, path, { body, signal }));
  } catch (thrown) {
    if (thrown instanceof AppError || isAbort(thrown)) throw thrown;
    const cause = await diagnose(url, thrown);
    throw cause.code === 'server/cors' ? await hiddenError(server, fetch, path, signal, cause) : cause;
  }
  if (!response.ok) throw await failureOf(response, url, quote ? (server.key() ?? '') : null);
  return response;
}

function requestInit(
  server: ServerEndpoint,
  path: string,
  { body, signal }: { readonly body?: unknown; readonly signal: AbortSignal | undefined },
): ReasonedInit {
  const key = server.key();
  return {
    method: body === undefined ? 'GET' : 'POST',
    headers: {
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...(key !== null && { authorization: `Bearer ${key}` }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
    ...(signal && { signal }),
    cache: 'no-store',
    // A proxy in front of app and server may know a person by a cookie; other hosts get none.
    credentials: 'same-origin',
    // Followed, a redirect would carry words and key to a host nobody named.
    redirect: 'manual',
    referrerPolicy: 'no-referrer',
    reason: 'server',
    ...addressSpace(urlBelow(server, path)),
  };
}

/**
 * vLLM sends some errors without the permission to read them that its other answers have: a wrong key's, a prompt's that is too
 * long, a setting's that is out of range. So where this page may read other answers of the server, it was such an error.
 * @param cause what it looks like otherwise.
 */
async function hiddenError(
  server: ServerEndpoint,
  fetch: AppFetch,
  path: string,
  signal: AbortSignal | undefined,
  cause: AppError,
): Promise<AppError> {
  const host = hostOf(server.root);
  const listed = await statusOf(server, fetch, 'v1/models', signal);
  if (listed === 401 || listed === 403)
    return new AppError('server/key', `${host} refuses the key`, { host });
  if (listed !== null) {
    return path === 'v1/models'
      ? cause
      : new AppError('server/refused-request', `${host} answered with an error no page may read`, {
          host,
          unreadable: true,
        });
  }
  // Not even with a key may it be read: is it the key, or does the server allow no page anything? `health` wants none.
  const open =
    (await statusOf({ ...server, key: () => null }, fetch, 'v1/models', signal)) === null &&
    (await statusOf({ ...server, key: () => null }, fetch, 'health', signal)) !== null;
  return open ? new AppError('server/key', `${host} refuses the key`, { host, unreadable: true }) : cause;
}

/** @returns the status of an answer this page may read; null: it may read none. */
async function statusOf(
  server: ServerEndpoint,
  fetch: AppFetch,
  path: string,
  signal: AbortSignal | undefined,
): Promise<number | null> {
  try {
    const response = await fetch(urlBelow(server, path), requestInit(server, path, { signal }));
    await response.body?.cancel();
    return response.status;
  } catch (thrown) {
    if (thrown instanceof AppError || isAbort(thrown)) throw thrown;
    return null;
  }
}

/** As `request`, with the answer read and checked. @throws AppError also `server/not-compatible` when it is something else. */
export async function requestJson<S extends z.ZodType>(
  server: ServerEndpoint,
  surroundings: ServerSurroundings,
  path: string,
  schema: S,
  how: ServerRequest = {},
): Promise<z.infer<S>> {
  return readJson(await request(server, surroundings, path, how), server, path, schema);
}

/** An answer's body, read and checked. @throws AppError `server/*`. */
export async function readJson<S extends z.ZodType>(
  response: Response,
  server: ServerEndpoint,
  path: string,
  schema: S,
): Promise<z.infer<S>> {
  const text = await readText(response, MAX_ANSWER_BYTES);
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw notCompatible(
      response.url || urlBelow(server, path),
      looksLikePage(response, text) ? 'page' : 'not-json',
    );
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  const error = readError(json);
  if (error)
    throw new AppError('server/failed', 'the server answered with an error', { host: hostOf(server.root) });
  throw notCompatible(urlBelow(server, path), 'other-json');
}

/**
 * Chrome's local network access asks a person before a public page calls a private address; from https, plain http must say
 * beforehand that it is one. https://wicg.github.io/local-network-access/
 */
function addressSpace(url: string): object {
  const { protocol, hostname } = new URL(url);
  if (protocol !== 'http:' || (globalThis as { isSecureContext?: boolean }).isSecureContext !== true)
    return {};
  if (isLoopback(hostname)) return {};
  return isPrivate(hostname) ? { targetAddressSpace: 'local' } : {};
}

/**
 * The error an answer stands for.
 * @param quoted null: the server's words stay out; else they may come in, without this text (the key).
 */
async function failureOf(response: Response, url: string, quoted: string | null): Promise<AppError> {
  const { status } = response;
  const { host } = new URL(url);
  // A browser shows nothing of an answer it was told not to follow.
  if (response.type === 'opaqueredirect' || (status >= 300 && status < 400)) {
    await response.body?.cancel();
    return new AppError('server/redirect', `${host} sends requests on to another address`, { host });
  }
  const text = await readText(response, MAX_ERROR_BYTES).catch(() => '');
  const said = readError(parse(text));
  const about = {
    host,
    status,
    ...(quoted !== null && said && { said: withoutKey(said.message, quoted).slice(0, MAX_QUOTE) }),
  };
  const message = `${host} answered ${String(status)}`;
  if (status === 401 || status === 403 || status === 407) return new AppError('server/key', message, about);
  if (status === 429 || status === 503) {
    return new AppError('server/busy', message, {
      ...about,
      retryAfterMs: retryAfter(response.headers.get('retry-after'), Date.now()),
      loading: /load/i.test(said?.message ?? ''),
    });
  }
  if (said && isTooLong(said)) {
    return new AppError('engine/prompt-too-long', message, {
      ...about,
      ...(said.promptTokens !== null && { promptTokens: said.promptTokens }),
    });
  }
  if (said && (status === 404 || status === 400) && isAboutModel(said)) {
    return new AppError('server/model', message, about);
  }
  if (status === 404 || status === 405 || (status < 500 && looksLikePage(response, text))) {
    return notCompatible(url, looksLikePage(response, text) ? 'page' : 'no-such-path');
  }
  return new AppError(status < 500 ? 'server/refused-request' : 'server/failed', message, about);
}

interface SaidError {
  readonly message: string;
  readonly type: string;
  readonly promptTokens: number | null;
}

/** The error in a body or an event; null where there is none. */
export function readError(json: unknown): SaidError | null {
  const parsed = errorBody.safeParse(json);
  if (!parsed.success) return null;
  const { data } = parsed;
  if ('detail' in data) return { message: data.detail, type: '', promptTokens: null };
  if ('message' in data) return { message: data.message, type: data.type ?? '', promptTokens: null };
  if (typeof data.error === 'string') return { message: data.error, type: '', promptTokens: null };
  const { message, type, code, n_prompt_tokens } = data.error;
  return { message, type: `${type ?? ''} ${String(code ?? '')}`, promptTokens: n_prompt_tokens ?? null };
}

/** llama-server names it; vLLM and others say it in a sentence. */
export function isTooLong({ message, type }: SaidError): boolean {
  return (
    type.includes('exceed_context_size') ||
    type.includes('context_length_exceeded') ||
    /(maximum|max)[ _](context|model)[ _]len|context (length|size|window)|exceeds? the (available|model)/i.test(
      message,
    )
  );
}

function isAboutModel({ message, type }: SaidError): boolean {
  return /model_not_found|NotFound/i.test(type)
    ? /model/i.test(message)
    : /model\b.*(not (exist|found|available)|unknown)|no such model|unknown model/is.test(message);
}

/** @returns milliseconds; null when the header says nothing (another host must allow pages to read it). RFC 9110, 10.2.3. */
export function retryAfter(header: string | null, now: number): number | null {
  if (header === null) return null;
  if (/^\s*\d+\s*$/.test(header)) return Number(header) * 1000;
  // A date begins with its weekday; engines read one into "-5", too.
  const at = /^\s*[a-z]{3,9},? /i.test(header) ? Date.parse(header) : NaN;
  return Number.isNaN(at) ? null : Math.max(0, at - now);
}

function looksLikePage(response: Response, text: string): boolean {
  return (
    /text\/html/i.test(response.headers.get('content-type') ?? '') || /^\s*<(?:!doctype|html)/i.test(text)
  );
}

export function notCompatible(
  url: string,
  problem: 'page' | 'not-json' | 'other-json' | 'no-such-path',
): AppError {
  const { host, pathname } = new URL(url);
  return new AppError('server/not-compatible', `${host}${pathname} is not what was expected: ${problem}`, {
    host,
    path: pathname,
    problem,
  });
}

export function hostOf(root: string): string {
  return new URL(root).host;
}

function withoutKey(text: string, key: string): string {
  return key === '' ? text : text.replaceAll(key, '…');
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null; // an answer that is no JSON says nothing here
  }
}

/** @throws AppError `server/damaged-answer` past the limit, `server/lost` when it breaks off. */
async function readText(response: Response, maxBytes: number): Promise<string> {
  const host = response.url === '' ? '' : new URL(response.url).host;
  if (!response.body) return '';
  const decoder = new TextDecoder();
  let text = '';
  let bytes = 0;
  try {
    for await (const chunk of response.body) {
      bytes += chunk.byteLength;
      if (bytes > maxBytes)
        throw new AppError('server/damaged-answer', 'the answer is far too long', { host, maxBytes });
      text += decoder.decode(chunk, { stream: true });
    }
  } catch (thrown) {
    if (thrown instanceof AppError || isAbort(thrown)) throw thrown;
    throw new AppError('server/lost', 'the answer broke off', { host }, { cause: thrown });
  }
  return text + decoder.decode();
}
