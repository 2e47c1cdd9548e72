/**
 * Why a request came back without an answer. Browsers tell a page only that it failed, so that it cannot explore networks; what
 * is left is to look at the addresses, the page's policy, the browser's permissions, and whether the server answers at all.
 */
import { AppError, toAppError } from '../../../errors/app-error.ts';
import type { AppFetch } from '../../../network/egress.ts';
import { isLoopback, isPrivate } from './address.ts';

export interface PageFacts {
  readonly pageUrl: string;
  /** The directive of the page's own policy that forbids this address, or null; see `policyLine`. */
  readonly forbiddenBy: (url: string) => PolicyBlock | null;
  /** The permission to call this machine or its neighbours; null: this browser has no such permission. */
  readonly localNetwork: (to: 'loopback' | 'local') => Promise<PermissionState | null>;
  readonly fetch: AppFetch;
  readonly onLine: () => boolean;
  readonly timeout: (ms: number) => AbortSignal;
}

export interface PolicyBlock {
  /** The page's connect-src as it is. */
  readonly has: string;
  /** As it must be. */
  readonly needs: string;
}

const PROBE_MS = 8000;

/** @returns the error to throw instead of `thrown`. Never rejects. */
export async function diagnose(url: string, thrown: unknown, page: PageFacts): Promise<AppError> {
  const target = new URL(url);
  const about = { host: target.host, address: target.origin };
  const because = (
    code: ConstructorParameters<typeof AppError>[0],
    message: string,
    more: object = {},
  ): AppError => new AppError(code, message, { ...about, ...more }, { cause: thrown });

  const { protocol, origin, hostname: pageHost } = new URL(page.pageUrl);
  if (
    protocol === 'https:' &&
    target.protocol === 'http:' &&
    !isLoopback(target.hostname) &&
    !isPrivate(target.hostname)
  )
    return because('server/mixed-content', 'a page of https may not call plain http');
  const block = page.forbiddenBy(url);
  if (block) return because('server/policy', 'the page’s own policy does not name this host', { ...block });
  const loopback = isLoopback(target.hostname);
  if (loopback || isPrivate(target.hostname)) {
    const state = await page.localNetwork(loopback ? 'loopback' : 'local');
    // A page of the local network is never asked. From any other, an answer that was put off leaves the question open.
    const asked = !isLoopback(pageHost) && !isPrivate(pageHost);
    if (state === 'denied' || (state === 'prompt' && asked))
      return because('server/local-network', 'the browser keeps this page from the local network', { state });
  }
  if (!page.onLine() && !isLoopback(target.hostname))
    return because('server/unreachable', 'the browser is offline');
  if (target.origin === origin) return because('server/unreachable', 'no answer from this site');
  if (await answersAtAll(url, page))
    return because('server/cors', 'it answers, but does not let this page read its answers');
  if (protocol === 'https:' && target.protocol === 'http:' && isPrivate(target.hostname))
    return because('server/mixed-content', 'a page of https may not call plain http');
  return because('server/unreachable', toAppError(thrown).message);
}

/** An answer nobody may read still shows that there is one. */
async function answersAtAll(
  url: string,
  { fetch, timeout }: Pick<PageFacts, 'fetch' | 'timeout'>,
): Promise<boolean> {
  const barred = watchEmbedderPolicy(url);
  try {
    // Browsers let such a request follow redirects only; it carries neither words nor a key.
    await fetch(url, {
      mode: 'no-cors',
      cache: 'no-store',
      credentials: 'omit',
      signal: timeout(PROBE_MS),
      reason: 'server',
    });
    return true;
  } catch {
    // An isolated page may not even hold such an answer; the browser reports that it kept one away.
    return await barred.happened();
  } finally {
    barred.end();
  }
}

/** https://html.spec.whatwg.org/multipage/browsers.html#coep : reports come shortly after the failure. */
function watchEmbedderPolicy(url: string): { happened: () => Promise<boolean>; end: () => void } {
  if (typeof ReportingObserver === 'undefined')
    return { happened: () => Promise.resolve(false), end: () => undefined };
  const { origin } = new URL(url);
  let seen = false;
  let told = (): void => undefined;
  const observer = new ReportingObserver(
    (reports) => {
      seen ||= reports.some(({ body }) => blockedUrl(body).startsWith(origin));
      if (seen) told();
    },
    { types: ['coep'] },
  );
  observer.observe();
  return {
    happened: () =>
      new Promise((resolve) => {
        told = () => {
          resolve(true);
        };
        if (seen) told();
        setTimeout(() => {
          resolve(seen);
        }, 500);
      }),
    end: () => {
      observer.disconnect();
    },
  };
}

/** Chromium gives a report's members in its JSON only. */
function blockedUrl(body: unknown): string {
  const told: unknown = JSON.parse(JSON.stringify(body ?? null));
  if (typeof told !== 'object' || told === null || !('blockedURL' in told)) return '';
  return typeof told.blockedURL === 'string' ? told.blockedURL : '';
}

/**
 * What a policy's `connect-src` lacks for an address. Only the forms this app's policies have are read: 'self', schemes,
 * origins, and hosts with a leading or port wildcard. https://www.w3.org/TR/CSP3/#match-url-to-source-expression
 * @param policy the text of a Content-Security-Policy; null: there is none.
 */
export function policyBlock(policy: string | null, url: string, pageOrigin: string): PolicyBlock | null {
  if (policy === null) return null;
  const directives = policy.split(';').map((each) => each.trim());
  const has =
    directives.find((each) => /^connect-src\s/i.test(each)) ??
    directives.find((each) => /^default-src\s/i.test(each));
  if (has === undefined) return null;
  const target = new URL(url);
  const allowed = has
    .split(/\s+/)
    .slice(1)
    .some((source) => matches(source, target, pageOrigin));
  if (allowed) return null;
  const sources = has
    .split(/\s+/)
    .slice(1)
    .filter((source) => source !== "'none'");
  return { has, needs: ['connect-src', ...sources, target.origin].join(' ') };
}

function matches(source: string, target: URL, pageOrigin: string): boolean {
  if (source === "'self'") return target.origin === pageOrigin;
  if (source === '*') return true;
  if (/^[a-z][a-z0-9+.-]*:$/i.test(source)) return target.protocol === source.toLowerCase();
  const parts = /^(?:(https?):\/\/)?(\*\.)?([^:/*]+|\[[^\]]+\])(?::(\d+|\*))?(?:\/.*)?$/i.exec(source);
  if (!parts) return false;
  const [, scheme, wildcard, host = '', port] = parts;
  if (scheme !== undefined && target.protocol !== `${scheme.toLowerCase()}:`) return false;
  const name = host.toLowerCase();
  const sameHost = wildcard === undefined ? target.hostname === name : target.hostname.endsWith(`.${name}`);
  const targetPort = target.port === '' ? (target.protocol === 'https:' ? '443' : '80') : target.port;
  const usual = target.protocol === 'https:' ? '443' : '80';
  return sameHost && (port === '*' || targetPort === (port ?? usual));
}
