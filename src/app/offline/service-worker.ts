/**
 * Keeps the app, both engines and the Demo model on this machine, so that one visit is enough to work offline, and adds the
 * security headers a static host may not be able to send (the isolation pair gives WebAssembly its threads).
 *
 * It deletes nothing but its own outdated precache: gigabytes of weights live in caches of other names.
 * It never takes over on its own: a waiting version is offered by the page and activated when the person agrees.
 */
import { clientsClaim } from 'workbox-core';
import {
  addPlugins,
  cleanupOutdatedCaches,
  createHandlerBoundToURL,
  precacheAndRoute,
  type PrecacheEntry,
} from 'workbox-precaching';
import { NavigationRoute, registerRoute } from 'workbox-routing';
import { securityHeaders } from '../security-headers.ts';

/** What this file uses of its global scope: the DOM and service-worker type libraries exclude each other. */
declare const self: Window & {
  readonly __WB_MANIFEST: (PrecacheEntry | string)[];
  skipWaiting(): Promise<void>;
};

addPlugins([{ handlerWillRespond: ({ response }) => Promise.resolve(withSecurityHeaders(response)) }]);
cleanupOutdatedCaches();
precacheAndRoute(self.__WB_MANIFEST, {
  // The hash router keeps every route in the fragment; a query (a share target's text) changes nothing about the page.
  ignoreURLParametersMatching: [/.*/],
});
registerRoute(
  new NavigationRoute(createHandlerBoundToURL('index.html'), {
    denylist: [/\/models\//, /\.[a-z0-9]+$/i],
  }),
);
// The first visit's page is served too, so that a reload or a lost network right after it works.
clientsClaim();

self.addEventListener('message', (event: MessageEvent<unknown>) => {
  if (isSkipWaiting(event.data)) void self.skipWaiting();
});

function isSkipWaiting(data: unknown): boolean {
  return typeof data === 'object' && data !== null && 'type' in data && data.type === 'SKIP_WAITING';
}

function withSecurityHeaders(response: Response): Response {
  // An opaque or failed response can't be rebuilt.
  if (response.status === 0) return response;
  const headers = new Headers(response.headers);
  for (const [name, value] of Object.entries(securityHeaders())) headers.set(name, value);
  return new Response(response.body, { status: response.status, statusText: response.statusText, headers });
}
