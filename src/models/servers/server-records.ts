/** What is kept of servers that a person connected: in localStorage, a line each. Keys are elsewhere, see `server-keys.ts`. */
import { z } from '../../lib/zod.ts';

export const SERVERS_KEY = 'meditron-servers';

/** Of a name; a model's name can be longer, and is a part of some. */
export const MAX_SERVER_NAME = 200;
/** Of a model's name, as long as any that a server's list may hold. */
export const MAX_SERVED_NAME = 500;

export const serverRecord = z.object({
  id: z.string().regex(/^[a-z0-9-]{1,40}$/),
  name: z.string().min(1).max(MAX_SERVER_NAME),
  /** The address as the engine wants it: absolute, ends with a slash, the API at `v1/` below. */
  root: z.url({ protocol: /^https?$/ }).max(2000),
  /** The model's name there. */
  model: z.string().min(1).max(MAX_SERVED_NAME),
});

export type ServerRecord = Readonly<z.infer<typeof serverRecord>>;

/** @returns what is there and whole; a line that is neither is left out. @throws DOMException where storage is forbidden. */
export function readServers(storage: Pick<Storage, 'getItem'>): readonly ServerRecord[] {
  const text = storage.getItem(SERVERS_KEY) ?? '[]';
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch {
    return []; // written by something else
  }
  if (!Array.isArray(raw)) return [];
  return raw.flatMap((each: unknown) => {
    const parsed = serverRecord.safeParse(each);
    return parsed.success ? [parsed.data] : [];
  });
}

/** @throws DOMException where storage is forbidden or full. */
export function writeServers(storage: Pick<Storage, 'setItem'>, servers: readonly ServerRecord[]): void {
  storage.setItem(SERVERS_KEY, JSON.stringify(servers));
}
