/**
 * What a passphrase does in this tab: opens and shuts the door, and holds the data's key while it is open. The key is never
 * given to another tab; each asks for the passphrase itself.
 */
import { create } from 'zustand';
import { hint, setOpen, shut, useDoor } from '../conversations/data/tab/door.ts';
import { useStore } from '../conversations/data/store.ts';
import type { ChatDatabase } from '../database/database.ts';
import { flushAll } from '../database/write-queue.ts';
import { rowCipher } from '../database/protection/row-cipher.ts';
import { AppError, toAppError } from '../errors/app-error.ts';
import { rewriteRows, rewriteWordRows, type RewriteProgress } from './rewrite-rows.ts';
import { alone, tellTabs } from './make-way.ts';
import { createVault, readVault, rewrap, unwrap, VAULT_ROW, type VaultRecord } from './vault.ts';

/** Rows on their way into or out of encryption; null: none. */
export const useConversion = create<{
  readonly progress: RewriteProgress | null;
  readonly error: AppError | null;
}>(() => ({ progress: null, error: null }));

/** While writes wait, the key stays for this long at most: a full disk must not keep a locked database open. */
const PATIENCE_MS = 5000;
const POLL_MS = 250;

const work = new Set<() => boolean>();
const busy = (): boolean => [...work].some((under) => under());

/** @param check whether a reply or a run is under way in this tab: what it writes needs the key, which goes when it is done. */
export function keepKeyWhile(check: () => boolean): void {
  work.add(check);
}

let beforeShut: () => void = () => undefined;

/** @param work called when the screen is about to go: what it hands to the queue is written while the key is here. */
export function onLocking(work: () => void): void {
  beforeShut = work;
}

/** Counts locks and unlocks: a key that waits to go stays when the door is opened first. */
let turn = 0;

/** @throws AppError `lock/wrong-passphrase`, `lock/damaged` */
export async function unlock(passphrase: string): Promise<void> {
  const { db, persistent } = await foundDatabase();
  const vault = await currentVault();
  const key = await unwrap(vault, passphrase);
  useDoor.setState({ found: { db, persistent, vault } });
  turn += 1;
  protect(db, vault, key);
  setOpen();
  await useStore.getState().store?.queue.retry();
  if (vault.converting) void convert(db);
  // Full, or locked again meanwhile: the next unlock tries again.
  else if (vault.encrypted) await rewriteWordRows(db).catch(() => undefined);
}

/** In every tab. What is being written is written; then the key goes. */
export function lock({ everywhere = true }: { readonly everywhere?: boolean } = {}): void {
  const { phase, found } = useDoor.getState();
  if (phase !== 'open' || found?.vault === undefined) return;
  if (everywhere) tellTabs('lock');
  beforeShut();
  shut();
  turn += 1;
  void dropKey(found.db, turn);
}

async function dropKey(db: ChatDatabase, mine: number): Promise<void> {
  // What is on screen goes first, and its boxes hand their drafts over.
  await pause(0);
  await Promise.race([flushAll(), pause(PATIENCE_MS)]);
  const until = performance.now() + PATIENCE_MS;
  const waits = (): boolean => (useStore.getState().store?.queue.size ?? 0) > 0 && performance.now() < until;
  while (mine === turn && (busy() || waits())) await pause(POLL_MS);
  if (mine !== turn) return;
  const before = db.protection;
  db.protection = { kind: 'locked' };
  if ('cipher' in before) before.cipher.forget();
}

/** The first passphrase here. @throws AppError `lock/short-passphrase`, `storage/*` */
export async function choosePassphrase(passphrase: string): Promise<void> {
  const vault = await createVault(passphrase);
  await keep(vault);
  hint((await foundDatabase()).persistent);
  turn += 1;
  setOpen();
}

/** @throws AppError `lock/wrong-passphrase`, `lock/short-passphrase`, `storage/*`: the old one holds. */
export async function changePassphrase(from: string, to: string): Promise<void> {
  await keep(await rewrap(await currentVault(), from, to));
}

/** Ends the lock; what is encrypted must be decrypted first. @throws AppError `lock/wrong-passphrase`, `storage/*` */
export async function removePassphrase(passphrase: string): Promise<void> {
  const vault = await currentVault();
  (await unwrap(vault, passphrase)).fill(0);
  if (vault.encrypted || vault.converting) throw new AppError('storage/locked', 'Rows are still encrypted');
  const { db, persistent } = await foundDatabase();
  await db.settings.delete(VAULT_ROW);
  hint(false);
  useDoor.setState({ found: { db, persistent, vault: undefined } });
}

/**
 * Turns encryption on or off. Other tabs are loaded anew. Resolves when every row is converted; killed before, the next unlock
 * goes on. @throws AppError `lock/wrong-passphrase`, `lock/other-tabs`, `storage/*`
 */
export async function setEncrypted(on: boolean, passphrase: string): Promise<void> {
  const { db } = await foundDatabase();
  const vault = await currentVault();
  const key = await unwrap(vault, passphrase);
  await flushAll();
  await alone(async () => {
    const next = { ...vault, encrypted: on, converting: true };
    // On the disk before the first row in the new form.
    await keep(next);
    protect(db, next, key);
  });
  // What reads with a connection of its own begins anew, with the key or without.
  const { store } = useStore.getState();
  if (store) useStore.setState({ store: { ...store } });
  await convert(db);
}

function protect(db: ChatDatabase, vault: VaultRecord, key: Uint8Array<ArrayBuffer>): void {
  const before = db.protection;
  if (vault.encrypted) db.protection = { kind: 'on', cipher: rowCipher(key) };
  else if (vault.converting) db.protection = { kind: 'ending', cipher: rowCipher(key) };
  else {
    db.protection = { kind: 'off' };
    key.fill(0);
  }
  if ('cipher' in before) before.cipher.forget();
}

async function convert(db: ChatDatabase): Promise<void> {
  try {
    await rewriteRows(db, (progress) => {
      useConversion.setState({ progress, error: null });
    });
    const vault = await currentVault();
    await keep({ ...vault, converting: false });
    if (!vault.encrypted && 'cipher' in db.protection) {
      const { cipher } = db.protection;
      db.protection = { kind: 'off' };
      cipher.forget();
    }
    useConversion.setState({ progress: null });
  } catch (thrown) {
    const error = toAppError(thrown, 'storage/failed');
    // Locked in between: the next unlock goes on.
    useConversion.setState({ progress: null, error: error.code === 'storage/locked' ? null : error });
  }
}

async function keep(vault: VaultRecord): Promise<void> {
  const { db, persistent } = await foundDatabase();
  // A private session's own ends with it.
  if (persistent) await db.settings.put({ key: VAULT_ROW, value: vault });
  useDoor.setState({ found: { db, persistent, vault } });
}

/** As it is on the disk: another tab may have changed the passphrase. */
async function currentVault(): Promise<VaultRecord> {
  const { db, vault, persistent } = await foundDatabase();
  return readVault(persistent ? (await db.settings.get(VAULT_ROW))?.value : vault);
}

async function foundDatabase(): Promise<NonNullable<ReturnType<typeof useDoor.getState>['found']>> {
  const { found } = useDoor.getState();
  if (found) return found;
  return new Promise((resolve) => {
    const stop = useDoor.subscribe((state) => {
      if (!state.found) return;
      stop();
      resolve(state.found);
    });
  });
}

function pause(ms: number): Promise<void> {
  return new Promise((done) => setTimeout(done, ms));
}
