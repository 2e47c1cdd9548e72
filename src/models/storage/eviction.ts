/**
 * Notices what the browser cleared on its own. A model's row says that its files are here: are they? And a mark kept both in
 * the database and in localStorage, which browsers clear apart from each other, tells when the whole database was cleared.
 */
import { getSetting, putSetting } from '../../conversations/data/settings.ts';
import { conversationStore, newId } from '../../conversations/data/store.ts';
import { countStored } from '../../conversations/panel/stored-counts.ts';
import { isWhole } from './whole.ts';
import { startModels, tidy, useModels } from '../screen/models-store.ts';
import type { InstallRecord } from './records.ts';

export interface Loss {
  /** Names of models that were here and are not. */
  readonly models: readonly string[];
  /** Chats on this machine now. */
  readonly chats: number;
  /** The whole database was cleared: chats, too, if there were any. */
  readonly database: boolean;
}

/** What this site's localStorage remembers of the database. */
export interface Kept {
  readonly mark: string;
  readonly models: readonly string[];
}

const KEY = 'meditron-kept';
const SETTING = 'storage-mark';
/** Enough to name in a sentence; a longer list was not written by this app. */
const MOST_NAMES = 50;

export function readKept(text: string | null): Kept | null {
  if (text === null) return null;
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null || !('mark' in value) || typeof value.mark !== 'string')
      return null;
    const names = 'models' in value && Array.isArray(value.models) ? (value.models as unknown[]) : [];
    return {
      mark: value.mark,
      models: names.filter((name): name is string => typeof name === 'string').slice(0, MOST_NAMES),
    };
  } catch {
    // Cut off or written by something else: as if there were none.
    return null;
  }
}

/** @param missing names of models whose rows are here and whose files are not. @returns null when nothing is lost. */
export function lossOf(
  kept: Kept | null,
  now: { readonly mark: string | null; readonly missing: readonly string[]; readonly chats: number },
): Loss | null {
  const database = kept !== null && now.mark !== kept.mark;
  const models = database ? kept.models : now.missing;
  if (!database && models.length === 0) return null;
  return { models, chats: now.chats, database };
}

/** Once, when the page is at rest. Has rows of lost models marked as damaged, so that no screen says they are here. @throws AppError `storage/*`. */
export async function findLoss(): Promise<Loss | null> {
  const [store] = await Promise.all([conversationStore(), startModels()]);
  if (!store.persistent) return null;
  const kept = readKept(localStorage.getItem(KEY));
  const mark = await getSetting(store, SETTING, (value) => (typeof value === 'string' ? value : null));
  const lost: InstallRecord[] = [];
  for (const record of useModels.getState().installs) {
    if (record.status === 'ready' && !(await isWhole(record))) lost.push(record);
  }
  const { chats } = await countStored(store);
  if (lost.length > 0 || useModels.getState().installs.some(({ superseded }) => superseded !== null))
    await tidy();
  if (mark === null) await putSetting(store, SETTING, newId());
  await keepMark();
  useModels.subscribe(({ installs }, { installs: before }) => {
    // A database that can't be asked is told by the health banner.
    if (installs !== before) keepMark().catch(() => undefined);
  });
  return lossOf(kept, { mark, missing: lost.map(({ acquisition }) => acquisition.displayName), chats });
}

async function keepMark(): Promise<void> {
  const store = await conversationStore();
  const mark = await getSetting(store, SETTING, (value) => (typeof value === 'string' ? value : null));
  const ready = useModels.getState().installs.filter(({ status }) => status === 'ready');
  const kept: Kept = { mark: mark ?? '', models: ready.map(({ acquisition }) => acquisition.displayName) };
  try {
    localStorage.setItem(KEY, JSON.stringify(kept));
  } catch {
    // Full or forbidden: a cleared database then goes unnoticed, which harms nothing else.
  }
}
