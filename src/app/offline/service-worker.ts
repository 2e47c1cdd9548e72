/**
 * Keeps the app, both engines and the Demo model on this machine, so that one visit is enough to work offline, and adds the
 * security headers a static host may not be able to send (the isolation pair gives WebAssembly its threads).
 *
 * It deletes nothing but its own outdated precache: gigabytes of weights live in caches of other names.
 * It never takes over on its own: a waiting version is offered by the page and activated when the person agrees.
 */
import { egressChannel, platformFetch } from '../../network/egress-gate.ts';
import { clientsClaim } from 'workbox-core';
import { addPlugins, cleanupOutdatedCaches, precacheAndRoute, type PrecacheEntry } from 'workbox-precaching';
import { isLoopback, isPrivate } from '../../engine/remote/connect/address.ts';
import { isOfflineOnly, type EgressMessage } from '../../network/egress.ts';
import { securityHeaders } from '../security/security-headers.ts';
import { partOf } from './part-of.ts';
import { partsOf, SHARE_TARGET, SHARED_PLACE, type SharedParts } from './share-target.ts';

/** What this file uses of its global scope: the DOM and service-worker type libraries exclude each other. */
declare const self: Window & {
  readonly __WB_MANIFEST: (PrecacheEntry | string)[];
  skipWaiting(): Promise<void>;
};
interface FetchEvent extends Event {
  readonly request: Request;
  respondWith(response: Promise<Response>): void;
}

/** null: not asked yet since this worker started. */
let offlineOnly: boolean | null = null;
egressChannel.addEventListener('message', ({ data }: MessageEvent<EgressMessage>) => {
  if (data.type === 'offline-only') offlineOnly = data.on;
});

/** Text another app shared, until the page that is opened for it asks. */
let shared: SharedParts | null = null;
self.addEventListener('fetch', (thing) => {
  const event = thing as FetchEvent;
  const { request } = event;
  if (request.method !== 'POST' || request.url !== new URL(SHARE_TARGET, self.location.href).href) return;
  event.respondWith(
    request.formData().then((form) => {
      shared = partsOf(form);
      return Response.redirect(new URL(`./#${SHARED_PLACE}`, self.location.href).href, 303);
    }),
  );
});

// The last gate: requests of anything this worker controls, whether or not that realm has a gate of its own. While the
// switch is known to be off, gigabytes need not pass through here.
self.addEventListener('fetch', (thing) => {
  const event = thing as FetchEvent;
  const { origin, hostname } = new URL(event.request.url);
  if (origin === self.location.origin || offlineOnly === false) return;
  // Browsers ask a person before a page calls the local network, and never on behalf of a worker like this one: while the switch
  // is not known to be on, such a request is left to the gate it came through. https://wicg.github.io/local-network-access/
  if (offlineOnly === null && (isLoopback(hostname) || isPrivate(hostname))) return;
  event.respondWith(
    (offlineOnly === null ? isOfflineOnly() : Promise.resolve(offlineOnly)).then(
      (on) => {
        offlineOnly = on;
        return on ? Response.error() : platformFetch(event.request);
      },
      // Nobody can tell: nothing leaves.
      () => Response.error(),
    ),
  );
});

addPlugins([
  {
    handlerWillRespond: async ({ request, response }) => withSecurityHeaders(await partOf(request, response)),
  },
]);
cleanupOutdatedCaches();
// Nothing but the files of the app: the hash router keeps every route in the fragment, and other pages of the host may lie in
// folders below this one.
precacheAndRoute(self.__WB_MANIFEST, {
  // A query changes nothing about the page.
  ignoreURLParametersMatching: [/.*/],
});
// The first visit's page is served too, so that a reload or a lost network right after it works.
clientsClaim();

self.addEventListener('message', (event: MessageEvent<unknown>) => {
  if (isOfType(event.data, 'SKIP_WAITING')) void self.skipWaiting();
  if (isOfType(event.data, 'take-share')) {
    event.ports[0]?.postMessage(shared);
    shared = null;
  }
});

function isOfType(data: unknown, type: string): boolean {
  return typeof data === 'object' && data !== null && 'type' in data && data.type === type;
}

function withSecurityHeaders(response: Response): Response {
  // An opaque or failed response can't be rebuilt.
  if (response.status === 0) return response;
  const headers = new Headers(response.headers);
  for (const [name, value] of Object.entries(securityHeaders())) headers.set(name, value);
  return new Response(response.body, { status: response.status, statusText: response.statusText, headers });
}
