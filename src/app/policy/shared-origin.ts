/**
 * Whether other pages may share this app's storage. Browsers keep sites apart by origin, not by folder: whatever else is served
 * from the same host can read chats and change the app. A page can't see its neighbours; it sees where it lies itself, and what
 * others have left in the storage they share.
 */
import { DATABASE_NAME } from '../../database/database-error.ts';

export type SharedOrigin =
  /** Something that is not this app's lies in the storage of this origin. */
  | { readonly kind: 'neighbour'; readonly what: string }
  /** A host that gives each of many pages a folder. */
  | { readonly kind: 'folders'; readonly owner: string }
  /** In a folder: what lies in the others is not known. */
  | { readonly kind: 'folder' };

/** Hosts on which pages of different people, or different projects, have folders of one origin. */
const BY_FOLDER: readonly (readonly [host: RegExp, owner: string])[] = [
  [/\.github\.io$/, 'each repository of the account'],
  [/\.(?:gitlab\.io|codeberg\.page|pages\.debian\.net)$/, 'each project of the account'],
  [/^(?:cdn|raw)\.jsdelivr\.net$|^unpkg\.com$|\.githack\.com$|^htmlpreview\.github\.io$/, 'everyone'],
  [/^(?:storage\.googleapis\.com|s3[.-][a-z0-9.-]*amazonaws\.com|s3\.amazonaws\.com)$/, 'each bucket'],
  [/^(?:ipfs\.io|dweb\.link|cloudflare-ipfs\.com|gateway\.pinata\.cloud)$/, 'everyone'],
];

/** Names of databases that web-llm and wllama, or the app, make. */
const OWN_DATABASE = /^(?:meditron|webllm\/|tvmjs)/;

export interface Surroundings {
  /** Of the page, without its fragment. */
  readonly url: string;
  /** Rejects where they can't be listed. */
  readonly databases: () => Promise<readonly { readonly name?: string }[]>;
  /** Scopes of all service workers of the origin; rejects where there are none. */
  readonly workerScopes: () => Promise<readonly string[]>;
}

/** @returns null where nothing speaks for neighbours. Never rejects. */
export async function sharedOrigin({
  url,
  databases,
  workerScopes,
}: Surroundings): Promise<SharedOrigin | null> {
  const { hostname, pathname } = new URL(url);
  const folder = pathname.replace(/[^/]*$/, '');
  // What can't be asked says nothing.
  const scopes = await workerScopes().catch(() => []);
  const other = scopes.find((scope) => new URL(scope, url).pathname !== folder);
  if (other !== undefined) return { kind: 'neighbour', what: `a page at ${new URL(other, url).pathname}` };
  const names = await databases().catch(() => []);
  const foreign = names.find(({ name = DATABASE_NAME }) => !OWN_DATABASE.test(name));
  if (foreign?.name !== undefined)
    return { kind: 'neighbour', what: `a database “${foreign.name.slice(0, 60)}”` };
  if (folder === '/') return null;
  const [, owner] = BY_FOLDER.find(([host]) => host.test(hostname)) ?? [];
  if (owner !== undefined) return { kind: 'folders', owner };
  // As web servers of universities give it.
  if (/^\/~[^/]+\//.test(folder)) return { kind: 'folders', owner: 'everyone with an account there' };
  return { kind: 'folder' };
}
