import { AppError } from '../errors/app-error.ts';

/**
 * For what browsers keep from pages of plain http, by not defining it at all: caches, private files, locks, the storage manager
 * (https://developer.mozilla.org/docs/Web/Security/Secure_Contexts). IndexedDB is there.
 * @throws AppError `storage/insecure-page`.
 */
export function requireSecurePage(): void {
  // Node, where units and the command line run, does not say.
  if ('isSecureContext' in globalThis && !globalThis.isSecureContext)
    throw new AppError('storage/insecure-page', 'this page was opened over plain http');
}
