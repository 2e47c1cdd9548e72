/** What a person types as a server's address, made into the place its API is below. */
import { AppError } from '../../../errors/app-error.ts';

export interface ServerAddress {
  /** Absolute, ends with a slash; the API is at `v1/` below it. Never holds a name, password, query or fragment. */
  readonly root: string;
  /** e.g. `https://llm.example.org`. */
  readonly origin: string;
  /** With the port where it is not the usual one: what a person calls the server by. */
  readonly host: string;
}

/** Longer than any address a person would type or a deployer would choose. */
const MAX_ADDRESS = 2000;
/** What people paste along with the address, from documentation and from other programs' settings. */
const API_PATHS = /\/v1(?:\/(?:chat\/)?(?:completions|models)?)?\/*$/;

/**
 * @param typed with or without a scheme and `/v1`; one that begins with a slash is on the page's own host.
 * @param pageUrl the app's own address.
 * @throws AppError `server/bad-address`, its `details.problem` in words.
 */
export function parseAddress(typed: string, pageUrl: string): ServerAddress {
  const text = typed.trim();
  if (text === '') throw badAddress('it is empty');
  if (text.length > MAX_ADDRESS) throw badAddress('it is too long');
  const url = toUrl(text, pageUrl);
  if (url.protocol !== 'https:' && url.protocol !== 'http:')
    throw badAddress('it is neither http:// nor https://');
  if (url.username !== '' || url.password !== '')
    throw badAddress('it holds a name or a password; put the key into its own field');
  // Chromium takes "two words" for a name and writes it with escapes.
  if (!/^(?:[a-z0-9._-]+|\[[0-9a-f:.]+\])$/.test(url.hostname))
    throw badAddress('its host is no name of one');
  const path = url.pathname.replace(API_PATHS, '').replace(/\/+$/, '');
  const root = `${url.origin}${path}/`;
  // Escapes make it longer than what was typed.
  if (root.length > MAX_ADDRESS) throw badAddress('it is too long');
  return { root, origin: url.origin, host: url.host };
}

function toUrl(text: string, pageUrl: string): URL {
  try {
    if (/^\.{0,2}\//.test(text) && !text.startsWith('//')) return new URL(text, pageUrl);
    if (text.includes('://')) return new URL(text);
    // "localhost:8000" would parse as a scheme called localhost.
    const https = new URL(`https://${text.replace(/^\/+/, '')}`);
    return isLoopback(https.hostname) || isPrivate(https.hostname)
      ? new URL(`http://${text.replace(/^\/+/, '')}`)
      : https;
  } catch {
    throw badAddress('it is not a web address');
  }
}

/** This very machine: browsers let an https page call it by plain http. */
export function isLoopback(hostname: string): boolean {
  return /^(?:localhost|.+\.localhost|127(?:\.\d{1,3}){3}|\[::1\])$/i.test(hostname);
}

/** A machine of the local network, as far as its name tells (RFC 1918, link-local, unique local IPv6, mDNS, bare names). */
export function isPrivate(hostname: string): boolean {
  return (
    /^(?:10\.|192\.168\.|169\.254\.|172\.(?:1[6-9]|2\d|3[01])\.)[\d.]+$/.test(hostname) ||
    /^\[f[cde][0-9a-f]{2}:/i.test(hostname) ||
    /\.(?:local|lan|internal|home\.arpa)$/i.test(hostname) ||
    (/^[a-z0-9-]+$/i.test(hostname) && !isLoopback(hostname))
  );
}

/** @param path below the root, e.g. `v1/models`. */
export function urlBelow({ root }: Pick<ServerAddress, 'root'>, path: string): string {
  return new URL(path, root).href;
}

function badAddress(problem: string): AppError {
  return new AppError('server/bad-address', `the address is not usable: ${problem}`, { problem });
}
