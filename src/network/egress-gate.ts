/**
 * Installs the gate of `egress.ts` in the realm that imports this: the first import of `main.ts` and of every worker.
 * Code of libraries passes it, too, because the global `fetch` is replaced.
 */
import {
  createGate,
  EGRESS_CHANNEL,
  isForeign,
  isOfflineOnly,
  recordsOf,
  type EgressMessage,
} from './egress.ts';
import { AppError } from '../errors/app-error.ts';

/** The page hears itself through here, workers are heard through the channel: it does not deliver to its sender. */
export const egressHere = new EventTarget();
export const egressChannel = new BroadcastChannel(EGRESS_CHANNEL);

const { origin } = globalThis;

/** Reaches this realm as well: a channel does not deliver to its own sender. */
export const everyRealm = {
  postMessage: (message: unknown) => {
    tell(message as EgressMessage);
  },
};

function tell(message: EgressMessage): void {
  egressChannel.postMessage(message);
  egressHere.dispatchEvent(new MessageEvent('message', { data: message }));
}

/** Past the gate: for the service worker, which hands on what passed the gate of the realm that asked. */
export const platformFetch = globalThis.fetch.bind(globalThis);

const gate = createGate({
  origin,
  // A worker made from a blob has an address that nothing can be relative to.
  base: location.protocol === 'blob:' ? origin : location.href,
  fetch: platformFetch,
  offlineOnly: () => isOfflineOnly(),
  tell,
  now: () => Date.now(),
});
globalThis.fetch = gate.fetch;

const closeIfOff = (event: Event): void => {
  const message = (event as MessageEvent<EgressMessage>).data;
  if (message.type === 'offline-only' && message.on) gate.close();
};
egressChannel.addEventListener('message', closeIfOff);
egressHere.addEventListener('message', closeIfOff);

/**
 * Other ways out, which the app never takes: gone where they can be, shut for other hosts where a library looks for them. This
 * holds in the app's own realms. Code that already runs in the page could make a frame with fresh ones: there the policy still
 * names the hosts, but not for peer connections, for which browsers have no directive (docs/threat-model.md).
 */
function shutOtherWays(): void {
  const refuse = (address: string | URL): void => {
    const url = new URL(address, location.href);
    if (!isForeign(url, origin)) return;
    tell({ type: 'refused', origin: url.origin, reason: 'unexplained', at: Date.now() });
    throw new AppError('network/unexplained', `a request to ${url.host} gave no reason`, { host: url.host });
  };
  for (const name of [
    'WebSocket',
    'EventSource',
    'WebTransport',
    'RTCPeerConnection',
    'webkitRTCPeerConnection',
  ])
    Reflect.deleteProperty(globalThis, name);
  if ('XMLHttpRequest' in globalThis) {
    // oxlint-disable-next-line typescript/unbound-method -- the proxy hands on its own `this`
    XMLHttpRequest.prototype.open = new Proxy(XMLHttpRequest.prototype.open, {
      apply(target, self, [method, url, ...rest]: [string, string, ...unknown[]]) {
        refuse(url);
        Reflect.apply(target, self, [method, url, ...rest]);
      },
    });
  }
  if ('Navigator' in globalThis && 'sendBeacon' in Navigator.prototype) {
    // oxlint-disable-next-line typescript/unbound-method -- as above
    Navigator.prototype.sendBeacon = new Proxy(Navigator.prototype.sendBeacon, {
      apply(target, self, [url, ...rest]: [string | URL, ...unknown[]]) {
        refuse(url);
        return Reflect.apply(target, self, [url, ...rest]) as boolean;
      },
    });
  }
  if ('Cache' in globalThis) {
    // oxlint-disable-next-line typescript/unbound-method -- called with its cache below
    const add = Cache.prototype.add;
    const each = async (cache: Cache, requests: readonly RequestInfo[]): Promise<void> => {
      for (const request of requests) refuse(request instanceof Request ? request.url : request);
      for (const request of requests) await add.call(cache, request);
    };
    Cache.prototype.add = function (request) {
      return each(this, [request instanceof URL ? request.href : request]);
    };
    Cache.prototype.addAll = function (requests) {
      return each(this, [...requests]);
    };
  }
}
// The development server's hot reload is a WebSocket.
if (!import.meta.env.DEV) shutOtherWays();

// Not every browser times what its workers fetch.
if ('PerformanceObserver' in globalThis)
  new PerformanceObserver((list) => {
    for (const message of recordsOf(list.getEntries() as PerformanceResourceTiming[], origin, Date.now()))
      tell(message);
  }).observe({ type: 'resource', buffered: true });
