/**
 * The one gate between the app and other hosts. Every realm of the app (the page, each worker, the service worker) installs
 * it before it does anything else: from then on a request to another host must say why it is made, is told to every tab,
 * and is refused while "Offline only" is on. Requests to the app's own host pass untouched and are counted.
 *
 * The policy in `app/security-headers.ts` is the wall behind it: hosts it does not name can't be reached at all.
 */
import { AppError, toAppError } from '../errors/app-error.ts';
import { requireSecurePage } from '../lib/secure-page.ts';

/** Why the app talks to another host. There is no other reason. */
export type ForeignReason = 'weights' | 'checksums' | 'library' | 'server';
/** What a request was for; `unexplained` is always refused. */
export type EgressReason = ForeignReason | 'app' | 'site-model' | 'site-list' | 'unexplained';

/** `fetch` options with the reason the gate asks for. Browsers ignore the extra member. */
export interface ReasonedInit extends RequestInit {
  readonly reason?: ForeignReason;
}
/** `fetch` as the app calls it; the platform's own fits where one of these is wanted. */
export type AppFetch = (input: RequestInfo | URL, init?: ReasonedInit) => Promise<Response>;

/** Heard by every tab. `bytes`: as the answer announces them; null where it does not. */
export type EgressMessage =
  | { readonly type: 'request'; readonly origin: string; readonly reason: EgressReason; readonly at: number }
  | { readonly type: 'refused'; readonly origin: string; readonly reason: EgressReason; readonly at: number }
  | {
      readonly type: 'answer';
      readonly origin: string;
      readonly reason: EgressReason;
      readonly bytes: number;
    }
  | { readonly type: 'offline-only'; readonly on: boolean };

export const EGRESS_CHANNEL = 'meditron-egress';

/**
 * That a cache of this name exists says that "Offline only" is on: the one kind of stored fact that pages, workers and the
 * service worker all read at once and alike. It holds nothing, and nothing that tidies caches may delete it.
 */
export const OFFLINE_ONLY_CACHE = 'meditron-offline-only';

/** @throws AppError `storage/unavailable`, `storage/insecure-page`: where nobody can tell, nothing may leave. */
export async function isOfflineOnly(
  storage: Pick<CacheStorage, 'has'> = globalThis.caches,
): Promise<boolean> {
  try {
    requireSecurePage();
    return await storage.has(OFFLINE_ONLY_CACHE);
  } catch (thrown) {
    throw toAppError(thrown, 'storage/unavailable');
  }
}

/** Holds in every tab and worker from now on, and ends what is being fetched from other hosts. @throws AppError `storage/*`. */
export async function setOfflineOnly(
  on: boolean,
  channel: Pick<BroadcastChannel, 'postMessage'>,
): Promise<void> {
  try {
    requireSecurePage();
    if (on) await caches.open(OFFLINE_ONLY_CACHE);
    else await caches.delete(OFFLINE_ONLY_CACHE);
  } catch (thrown) {
    throw toAppError(thrown, 'storage/unavailable');
  }
  channel.postMessage({ type: 'offline-only', on } satisfies EgressMessage);
}

export interface GateSurroundings {
  /** The app's own. */
  readonly origin: string;
  /** What relative addresses start from. */
  readonly base: string;
  readonly fetch: typeof fetch;
  readonly offlineOnly: () => Promise<boolean>;
  readonly tell: (message: EgressMessage) => void;
  readonly now: () => number;
}

export interface Gate {
  readonly fetch: AppFetch;
  /** Ends what is under way to other hosts. */
  readonly close: () => void;
}

/** The gate itself, free of globals. Its `fetch` throws AppError `network/offline-only`, `network/unexplained`. */
export function createGate({ origin, base, fetch, offlineOnly, tell, now }: GateSurroundings): Gate {
  let open = new AbortController();

  async function abroad(
    url: URL,
    input: RequestInfo | URL,
    init: ReasonedInit | undefined,
  ): Promise<Response> {
    const { signal: shut } = open;
    const reason = init?.reason ?? 'unexplained';
    const refuse = (error: AppError): never => {
      tell({ type: 'refused', origin: url.origin, reason, at: now() });
      throw error;
    };
    if (reason === 'unexplained') {
      refuse(
        new AppError('network/unexplained', `a request to ${url.host} gave no reason`, { host: url.host }),
      );
    }
    if (await offlineOnly()) refuse(offlineOnlyError(url));
    tell({ type: 'request', origin: url.origin, reason, at: now() });
    const own = init?.signal ?? (input instanceof Request ? input.signal : null);
    const response = await fetch(input, { ...init, signal: own ? AbortSignal.any([own, shut]) : shut }).catch(
      (thrown: unknown) => {
        if (shut.aborted && !own?.aborted) throw offlineOnlyError(url);
        throw thrown;
      },
    );
    // '' for an answer the page may not see.
    const from = response.url === '' ? url.origin : new URL(response.url).origin;
    if (from !== url.origin) tell({ type: 'request', origin: from, reason, at: now() });
    const length = response.headers.get('content-length');
    if (length !== null && init?.method !== 'HEAD')
      tell({ type: 'answer', origin: from, reason, bytes: Number(length) });
    return response;
  }

  return {
    fetch(input, init) {
      const url = new URL(input instanceof Request ? input.url : input, base);
      // Words on their way to a model leave this machine also where its server is behind the app's own address.
      const leaves = isForeign(url, origin) || init?.reason === 'server';
      return leaves ? abroad(url, input, init) : fetch(input, init);
    },
    close() {
      open.abort(new AppError('network/offline-only', 'Offline only was switched on'));
      open = new AbortController();
    },
  };
}

export function isForeign(url: URL, origin: string): boolean {
  return url.origin !== origin && url.protocol !== 'blob:' && url.protocol !== 'data:';
}

function offlineOnlyError(url: URL): AppError {
  return new AppError('network/offline-only', `a request to ${url.host} was not made`, { host: url.host });
}

/** What resource timing knows of one request. */
export type TimedResource = Pick<PerformanceResourceTiming, 'name' | 'initiatorType' | 'encodedBodySize'>;

/** Requests the browser made by itself (scripts, fonts, the app's own files), as records. Foreign `fetch`es passed the gate. */
export function recordsOf(
  entries: readonly TimedResource[],
  origin: string,
  at: number,
): readonly EgressMessage[] {
  return entries.flatMap(({ name, initiatorType, encodedBodySize }): readonly EgressMessage[] => {
    const url = URL.canParse(name) ? new URL(name) : null;
    if (!url?.protocol.startsWith('http')) return [];
    const foreign = isForeign(url, origin);
    if (foreign && initiatorType === 'fetch') return [];
    const reason = foreign ? 'unexplained' : reasonAtHome(url.pathname);
    if (reason === 'server') return []; // the gate told it
    return [
      { type: 'request', origin: url.origin, reason, at },
      { type: 'answer', origin: url.origin, reason, bytes: encodedBodySize },
    ];
  });
}

/** What the remote engine asks for below a server's root; see `engine/remote/`. */
const OF_A_SERVER = /\/(?:v1\/(?:models|completions)|completion|tokenize|version|props|metrics|slots)$/;

function reasonAtHome(path: string): EgressReason {
  if (OF_A_SERVER.test(path)) return 'server';
  if (path.endsWith('/config.json')) return 'site-list';
  return /\/models\/|\/hub\//.test(path) ? 'site-model' : 'app';
}
