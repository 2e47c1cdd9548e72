/** What the remote engine needs of a browser. */
import { diagnose, policyBlock } from './connect/diagnose.ts';
import { sleep, type Surroundings } from './patience.ts';

export function browserSurroundings(): Surroundings {
  // The gate has replaced it: every request is told and may be refused.
  const fetch: Surroundings['fetch'] = (input, init) => globalThis.fetch(input, init);
  const timeout: Surroundings['timeout'] = (ms) => AbortSignal.timeout(ms);
  return {
    fetch,
    diagnose: (url, thrown) =>
      diagnose(url, thrown, {
        pageUrl: location.href,
        forbiddenBy: (target) => policyBlock(pagePolicy(), target, location.origin) ?? headerBlock(target),
        localNetwork,
        fetch,
        onLine: () => navigator.onLine,
        timeout,
      }),
    now: () => performance.now(),
    sleep,
    timeout,
    random: Math.random,
  };
}

/** The policy written into the page; null in development, which has none. */
function pagePolicy(): string | null {
  return (
    document.querySelector<HTMLMetaElement>('meta[http-equiv="Content-Security-Policy"]')?.content ?? null
  );
}

/** A host may send another policy with the page, which a page cannot read; but it hears of what that one forbade. */
let blocked: { readonly origin: string; readonly policy: string } | null = null;
if (typeof document !== 'undefined') {
  document.addEventListener(
    'securitypolicyviolation',
    ({ effectiveDirective, blockedURI, originalPolicy }) => {
      if (effectiveDirective !== 'connect-src' || !URL.canParse(blockedURI)) return;
      blocked = { origin: new URL(blockedURI).origin, policy: originalPolicy };
    },
  );
}

function headerBlock(url: string): ReturnType<typeof policyBlock> {
  return blocked?.origin === new URL(url).origin ? policyBlock(blocked.policy, url, location.origin) : null;
}

/** Chrome's, under the names it had over time, the newest first. https://wicg.github.io/local-network-access/ */
async function localNetwork(to: 'loopback' | 'local'): Promise<PermissionState | null> {
  for (const name of [`${to}-network`, 'local-network-access']) {
    try {
      return (await navigator.permissions.query({ name: name as PermissionName })).state;
    } catch {
      // This browser knows no such permission.
    }
  }
  return null;
}
