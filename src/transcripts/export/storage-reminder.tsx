import { useEffect } from 'react';
import { create } from 'zustand';
import { useConversationPage } from '../../conversations/panel/hooks.ts';
import { attempt } from '../../conversations/panel/panel-actions.ts';
import { getSetting, putSetting } from '../../conversations/data/settings.ts';
import { conversationStore, useStore, type Store } from '../../conversations/data/store.ts';
import { Button } from '../../ui/button.tsx';

const SETTING = 'transcripts/reminded';
/** A backup, or "Not now", is good for this long. */
const REST_MS = 30 * 24 * 3_600_000;
/** A first try of the app is no study to lose. */
const CHATS_WORTH_KEEPING = 3;
const ALL = { folder: { kind: 'all' }, sort: 'updated' } as const;
const FIRST = { offset: 0, limit: CHATS_WORTH_KEEPING };

type State = 'unknown' | 'quiet' | 'due' | 'refused';

const useReminder = create<{ readonly state: State }>(() => ({ state: 'unknown' }));

function setState(state: State): void {
  useReminder.setState({ state });
}

/** Chats were backed up, or the person wants no reminder now. */
export async function noteBackup(): Promise<void> {
  setState('quiet');
  await putSetting(await conversationStore(), SETTING, Date.now());
}

/** Says that the browser may clear the chats when the disk is full, where it has not promised to keep them. */
export function StorageReminder() {
  const store = useStore((state) => state.store);
  // Not all of them need be counted.
  const chats = useConversationPage(ALL, FIRST)?.length ?? 0;
  const { state } = useReminder();
  const worthAsking = store !== null && store.persistent && chats >= CHATS_WORTH_KEEPING;

  useEffect(() => {
    if (!worthAsking) return;
    let gone = false;
    attempt(
      isDue(store).then((due) => {
        if (!gone) setState(due ? 'due' : 'quiet');
      }),
    );
    return () => {
      gone = true;
    };
  }, [worthAsking, store]);

  if (!worthAsking || state === 'unknown' || state === 'quiet') return null;
  return (
    <div
      role="group"
      aria-label="Storage reminder"
      className="grid gap-1.5 border-l-3 border-warn bg-warn-soft px-3 py-2 text-xs"
    >
      <p role="status">
        {state === 'due'
          ? 'This browser may clear your chats when the disk is full.'
          : 'The browser did not agree. A backup from time to time keeps your chats safe.'}
      </p>
      <div className="flex flex-wrap gap-1">
        {state === 'due' && (
          <Button
            size="small"
            onClick={() => {
              attempt(
                navigator.storage.persist().then((granted) => {
                  setState(granted ? 'quiet' : 'refused');
                }),
              );
            }}
          >
            Ask it to keep them
          </Button>
        )}
        <Button
          size="small"
          look="quiet"
          onClick={() => {
            attempt(noteBackup());
          }}
        >
          {state === 'due' ? 'Not now' : 'Close'}
        </Button>
      </div>
    </div>
  );
}

/** Whether it is time to remind. */
export async function isDue(store: Store, now: number = Date.now()): Promise<boolean> {
  // Missing on insecure origins in spite of its type.
  const storage = (navigator as { readonly storage?: StorageManager }).storage;
  if (!storage || (await storage.persisted())) return false;
  const reminded = await getSetting(store, SETTING, (value) => (typeof value === 'number' ? value : null));
  // A reminder from the future was one before the clock was set back.
  return reminded === null || Math.abs(now - reminded) > REST_MS;
}
