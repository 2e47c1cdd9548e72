/**
 * The one place that says what the page may load and whom it may talk to. The build writes the policy into index.html
 * (so that any static host enforces it), the preview server and the service worker send it as headers.
 */

import { MIRROR_HOSTS, namedOrigins } from './mirror-hosts.ts';

/**
 * Hosts a person can fetch model files from: the hub, where its redirects lead (a CSP is checked on redirects too),
 * and the host of web-llm's compiled model libraries.
 */
export const MODEL_HOSTS: readonly string[] = [
  'https://huggingface.co',
  'https://*.huggingface.co',
  'https://*.hf.co',
  'https://raw.githubusercontent.com',
  ...MIRROR_HOSTS,
];

/**
 * A model server on this very machine: browsers let pages of https call it, and no word leaves the machine. Servers elsewhere are
 * added by whoever builds the app (`MODEL_SERVERS`), or answer at the app's own address through a proxy; see docs/servers.md.
 */
const LOOPBACK: readonly string[] = ['http://localhost:*', 'http://127.0.0.1:*'];

/** Origins of servers from the build's `MODEL_SERVERS`; the build puts them into what runs in a browser. */
const NAMED_SERVERS: readonly string[] =
  typeof __MODEL_SERVERS__ === 'undefined' ? modelServers(process.env.MODEL_SERVERS) : __MODEL_SERVERS__;

/** @param text addresses, separated by spaces or commas. @returns their origins. @throws Error, see `namedOrigins`. */
export function modelServers(text = ''): readonly string[] {
  return namedOrigins('MODEL_SERVERS', text, 'https://llm.example.org');
}

/**
 * @param connectHosts origins beyond this one that `fetch` may reach.
 * `blob:` in connect-src: wllama reads weights through object URLs. `blob:` in worker-src: wllama builds its worker from a string.
 * `style-src 'unsafe-inline'`: virtualised lists and maths position elements with style attributes; no script can come of it.
 */
export function contentSecurityPolicy(
  connectHosts: readonly string[] = [...MODEL_HOSTS, ...LOOPBACK, ...NAMED_SERVERS],
): string {
  return [
    "default-src 'none'",
    "script-src 'self' 'wasm-unsafe-eval'",
    "worker-src 'self' blob:",
    `connect-src 'self' blob: ${connectHosts.join(' ')}`,
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data: blob:",
    "font-src 'self'",
    "manifest-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
}

/**
 * The policy written into the page. Trusted Types guard the document's own script sinks, so they are asked for here and not in
 * the headers, which also reach workers: llama.cpp's worker code is built from a string by its library.
 */
export function pagePolicy(): string {
  return `${contentSecurityPolicy()}; require-trusted-types-for 'script'; trusted-types default`;
}

/** Response headers for hosts that can send them. The isolation pair gives WebAssembly its threads. */
export function securityHeaders(): Record<string, string> {
  return {
    'Content-Security-Policy': `${contentSecurityPolicy()}; frame-ancestors 'none'`,
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Cross-Origin-Embedder-Policy': 'require-corp',
    'Cross-Origin-Resource-Policy': 'same-origin',
    'Permissions-Policy': 'camera=(), microphone=(), geolocation=(), payment=(), usb=()',
    'Referrer-Policy': 'no-referrer',
    'X-Content-Type-Options': 'nosniff',
  };
}
