/** What the Conversations panel shows in this tab; how it sorts is remembered. */
import { create } from 'zustand';
import type { ConversationSort, ListQuery } from '../data/repository.ts';
import { getSetting, putSetting } from '../data/settings.ts';
import type { Store } from '../data/store.ts';

export interface PanelState {
  readonly list: ListQuery;
  /** The chats chosen for export or deletion, in the order chosen; null while nothing is being chosen. */
  readonly selection: readonly string[] | null;
  /** The panel is to put the focus into its search box as soon as it is on screen. */
  readonly searchWanted: boolean;
}

export const usePanel = create<PanelState>(() => ({
  list: { folder: { kind: 'all' }, sort: 'updated' },
  selection: null,
  searchWanted: false,
}));

const SORT_SETTING = 'conversations/sort';
const SORTS: readonly ConversationSort[] = ['updated', 'created', 'title'];

export async function loadSort(store: Store): Promise<void> {
  const sort = await getSetting(
    store,
    SORT_SETTING,
    (value) => SORTS.find((known) => known === value) ?? null,
  );
  if (!sort) return;
  usePanel.setState(({ list }) => ({ list: { ...list, sort } }));
}

/** @throws AppError `storage/full`; the list is sorted all the same. */
export async function setSort(store: Store, sort: ConversationSort): Promise<void> {
  usePanel.setState(({ list }) => ({ list: { ...list, sort } }));
  await putSetting(store, SORT_SETTING, sort);
}

export function setFolder(folder: ListQuery['folder']): void {
  usePanel.setState(({ list }) => ({ list: { ...list, folder } }));
}

/** Puts the focus into the search box, also when the panel is shown only in a moment. */
export function wantSearch(): void {
  usePanel.setState({ searchWanted: true });
}

export function setSelection(selection: readonly string[] | null): void {
  usePanel.setState({ selection });
}

export function toggleSelected(id: string): void {
  usePanel.setState(({ selection }) => {
    if (!selection) return {};
    return {
      selection: selection.includes(id) ? selection.filter((other) => other !== id) : [...selection, id],
    };
  });
}
