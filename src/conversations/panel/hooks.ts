/** What React sees of the store. Live queries keep every tab in step; rows that did not change keep their identity. */
import { useEffect, useEffectEvent, useMemo, useState } from 'react';
import { isAbort } from '../../errors/app-error.ts';
import { storageError } from '../../database/database-error.ts';
import { setStorageHealth, storageHealth } from '../../database/health.ts';
import type { Conversation, Folder, ShownMessage } from '../../database/records.ts';
import { useUnsavedReplies, watchReply } from '../messages/replies.ts';
import {
  type ConversationSort,
  countConversations,
  getConversation,
  listConversations,
  listMessages,
  listPartials,
  type ListQuery,
} from '../data/repository.ts';
import { listFolders } from '../data/folders.ts';
import { saveAfterRemoval, saveChatAgain } from '../data/lifetime/recovery.ts';
import type { Store } from '../data/store.ts';
import { useStore } from '../data/store.ts';
import { shownLeaf, useTabView } from './tab-view.ts';
import { buildTree, pathTo, versionPlace, type VersionPlace } from '../messages/tree.ts';

interface LiveOptions<T> {
  /** While the query of a new key runs: show the value of the old one. */
  readonly keepStale?: boolean;
  /** Puts equal parts of the old value into the new one, so that memoised components rest. Must be the same function each time. */
  readonly reuse?: (old: T, fresh: T) => T;
}

/**
 * The value of a query, and again whenever what it read changes in any tab. `key` must tell apart queries that differ.
 * @returns undefined until the first value
 */
export function useLive<T>(
  key: string,
  query: (store: Store) => Promise<T>,
  options: LiveOptions<T> = {},
): T | undefined {
  const store = useStore((state) => state.store);
  const [result, setResult] = useState<{ readonly key: string; readonly value: T } | null>(null);
  const run = useEffectEvent(query);
  const { reuse } = options;
  useEffect(() => {
    if (!store) return;
    const subscription = store.db
      .live(() => run(store))
      .subscribe({
        next: (value) => {
          // No effect event: React calls this while it renders, when those may not run.
          setResult((old) => ({ key, value: old?.key === key && reuse ? reuse(old.value, value) : value }));
        },
        error: (thrown: unknown) => {
          if (isExplained()) return;
          const error = storageError(thrown);
          // Asked anew when the screen is drawn again.
          if (error.code === 'storage/locked') return;
          setStorageHealth({ kind: 'failed', error, unsaved: store.queue.size });
        },
      });
    return () => {
      subscription.unsubscribe();
    };
  }, [store, key, reuse]);
  if (!result) return undefined;
  return result.key === key || options.keepStale ? result.value : undefined;
}

export interface ConversationView {
  readonly status: 'loading' | 'missing' | 'ready';
  readonly conversation: Conversation | null;
  /** From the first message to the end of the branch on screen. Messages that did not change keep their identity. */
  readonly path: readonly ShownMessage[];
  /** For every message of the path. */
  readonly versions: ReadonlyMap<string, VersionPlace>;
}

const LOADING: ConversationView = { status: 'loading', conversation: null, path: [], versions: new Map() };
const MISSING: ConversationView = { ...LOADING, status: 'missing' };

/** A chat as it is on screen, alive. A reply another tab writes grows here as it is saved; if that tab dies it becomes interrupted. */
export function useConversation(id: string): ConversationView {
  // An object, because undefined already says "not loaded".
  const found = useLive(`conversation/${id}`, async (store) => ({ row: await getConversation(store, id) }));
  const messages = useLive(`messages/${id}`, (store) => listMessages(store, id), { reuse: reuseMessages });
  const partials = useLive(`partials/${id}`, (store) => listPartials(store, id));
  const tabLeaf = useTabView((state) => state.leaves.get(id));
  const unsaved = useUnsavedReplies((state) => state.replies);
  const tree = useMemo(() => (messages ? buildTree(messages) : null), [messages]);
  const conversation = found?.row;
  const storedLeaf = conversation?.leafId ?? null;
  const path = useMemo(
    () =>
      tree
        ? pathTo(tree, shownLeaf(tree, tabLeaf, storedLeaf)).map((message) => {
            const ended = unsaved.get(message.id);
            if (ended) return { ...message, ...ended };
            const text = message.status === 'streaming' ? partials?.get(message.id) : undefined;
            return text === undefined ? message : { ...message, text };
          })
        : [],
    [tree, tabLeaf, storedLeaf, partials, unsaved],
  );
  const versions = useMemo(
    () => new Map(tree ? path.map((message) => [message.id, versionPlace(tree, message.id)]) : []),
    [tree, path],
  );
  useHeldChat(conversation ?? null, messages ?? null);
  const streaming = path.filter((message) => message.status === 'streaming').map((message) => message.id);
  useWatchedReplies(streaming.join());
  return useMemo(() => {
    if (!found || !messages) return LOADING;
    return conversation ? { status: 'ready', conversation, path, versions } : MISSING;
  }, [found, messages, conversation, path, versions]);
}

/** Every later query fails, too, when the connection went to a newer version, or was closed on a full disk: those states say more. */
function isExplained(): boolean {
  const { kind } = storageHealth();
  return kind === 'version' || kind === 'full';
}

/** What is on screen can be saved again if the browser removes the database. */
function useHeldChat(conversation: Conversation | null, messages: readonly ShownMessage[] | null): void {
  useEffect(() => {
    if (!conversation || !messages) return;
    return saveAfterRemoval((store) => saveChatAgain(store, conversation, messages));
  }, [conversation, messages]);
}

/** `ids`: message ids, comma separated, so that an effect can compare them. */
function useWatchedReplies(ids: string): void {
  const store = useStore((state) => state.store);
  useEffect(() => {
    if (!store || ids === '') return;
    const controller = new AbortController();
    for (const id of ids.split(',')) {
      watchReply(store, id, controller.signal).catch((thrown: unknown) => {
        if (isAbort(thrown) || controller.signal.aborted || isExplained()) return;
        setStorageHealth({ kind: 'failed', error: storageError(thrown), unsaved: store.queue.size });
      });
    }
    return () => {
      controller.abort();
    };
  }, [store, ids]);
}

/** How many chats a list has; undefined while unknown. @param query null: not asked yet. */
export function useConversationCount(query: ListQuery | null): number | undefined {
  return useLive<number | undefined>(
    query ? `count/${listKey(query)}` : 'count',
    (store) => (query ? countConversations(store, query) : Promise.resolve(undefined)),
    { keepStale: true },
  );
}

/** One page of a list. The page before is shown until the next is there. */
export function useConversationPage(
  query: ListQuery,
  page: { readonly offset: number; readonly limit: number },
): readonly Conversation[] | undefined {
  return useLive(
    `page/${listKey(query)}/${page.offset}/${page.limit}`,
    (store) => listConversations(store, query, page),
    { keepStale: true },
  );
}

export function useFolders(): readonly Folder[] | undefined {
  return useLive('folders', listFolders);
}

function listKey({ folder, sort }: { folder: ListQuery['folder']; sort: ConversationSort }): string {
  return `${folder.kind}/${folder.kind === 'one' ? folder.id : ''}/${sort}`;
}

function reuseMessages(old: ShownMessage[], fresh: ShownMessage[]): ShownMessage[] {
  const known = new Map(old.map((message) => [message.id, message]));
  return fresh.map((message) => {
    const before = known.get(message.id);
    return before && sameMessage(before, message) ? before : message;
  });
}

/** A reply's provenance only changes together with its status, its text or its numbers of tokens. */
function sameMessage(a: ShownMessage, b: ShownMessage): boolean {
  return (
    a.text === b.text &&
    a.status === b.status &&
    a.edited === b.edited &&
    a.errorCode === b.errorCode &&
    a.parentId === b.parentId &&
    a.rating?.at === b.rating?.at &&
    a.comparisons?.at(-1)?.at === b.comparisons?.at(-1)?.at &&
    a.provenance?.startedAt === b.provenance?.startedAt &&
    a.provenance?.completionTokens === b.provenance?.completionTokens &&
    a.provenance?.finishReason === b.provenance?.finishReason
  );
}
