import { useEffect, useRef, useState, type RefObject } from 'react';
import {
  abandonedDrafts,
  type Draft,
  draftWriter,
  dropDraft,
  getDraft,
} from '../../conversations/data/tab/drafts.ts';
import { saveAfterRemoval } from '../../conversations/data/lifetime/recovery.ts';
import { useStore, type Store } from '../../conversations/data/store.ts';
import { attempt } from '../../conversations/panel/panel-actions.ts';

const NONE: readonly Draft[] = [];

export interface ComposerDraft {
  readonly save: (text: string) => void;
  /** What other tabs left behind in this chat, the newest first. */
  readonly abandoned: readonly Draft[];
  /** Forgets one of those. */
  readonly drop: (id: string) => void;
  /**
   * @returns what to call when `text` is stored; `moves`: the box, if it is still here, goes along to the chat it began, which
   *   opens next. It returns whether the box is still here.
   */
  readonly beginSend: (text: string) => (moves: boolean) => boolean;
}

/** What was typed before the database was open, by draft key: it may take long, or wait for another tab. */
const early = new Map<string, string>();

/** The box's text survives navigation, a crash of the screen and a reload: it is kept per chat as it is typed. */
export function useDraft(key: string, box: RefObject<HTMLTextAreaElement | null>): ComposerDraft {
  const store = useStore((state) => state.store);
  const writer = useRef<ReturnType<typeof draftWriter> | null>(null);
  /** The chat that has the box. */
  const holder = useRef(key);
  const moving = useRef(false);
  const [left, setLeft] = useState<{ readonly key: string; readonly drafts: readonly Draft[] } | null>(null);

  useEffect(() => {
    const area = box.current;
    holder.current = key;
    if (!area) return;
    const typed = early.get(key);
    if (typed !== undefined) putBack(area, typed);
    if (!store) return;
    const mine = draftWriter(store, key);
    writer.current = mine;
    let gone = false;
    early.delete(key);
    let filled: Promise<void> = Promise.resolve();
    if (moving.current) mine.save(area.value);
    else if (typed === undefined) filled = fill(store, key, area, () => gone);
    else {
      mine.save(area.value);
      void mine.flush();
    }
    moving.current = false;
    const look = (): void => {
      // A failure is in the storage's health already; the texts stay where they are.
      abandonedDrafts(store, key).then(
        (drafts) => {
          if (!gone) setLeft({ key, drafts });
        },
        () => undefined,
      );
    };
    filled.then(look, look);
    // A removed database can take this box off the screen before its text is asked for.
    let last: string | null = null;
    const forget = saveAfterRemoval(async () => {
      mine.save(last ?? area.value);
      await mine.flush();
    });
    return () => {
      forget();
      gone = true;
      last = moving.current ? '' : area.value;
      if (moving.current) mine.save('');
      void mine.flush();
      writer.current = null;
      // What is in the box belongs to the chat that is left; unless its first message, just sent, makes it the next one.
      if (!moving.current) area.value = '';
    };
  }, [store, key, box]);

  return {
    abandoned: left?.key === key ? left.drafts : NONE,
    drop: (id) => {
      setLeft(
        (before) => before && { key: before.key, drafts: before.drafts.filter((each) => each.id !== id) },
      );
      if (store) attempt(dropDraft(store, id));
    },
    save: (text) => {
      if (writer.current) writer.current.save(text);
      else early.set(holder.current, text);
    },
    beginSend: (text) => {
      const before = writer.current;
      // On the disk before the message is, so that no moment has neither; storing the message takes it away.
      void before?.flush();
      return (moves) => {
        const area = box.current;
        // Another chat has the box meanwhile: what is in it is that one's.
        const here = holder.current === key && area !== null;
        // Only what was sent goes: keys pressed meanwhile stay.
        if (here && area.value.startsWith(text)) area.value = area.value.slice(text.length);
        const kept = here ? writer.current : before;
        kept?.save(here && !moves ? area.value : '');
        void kept?.flush();
        moving.current = here && moves;
        return here;
      };
    },
  };
}

/** Unless something was typed there since. */
function putBack(area: HTMLTextAreaElement, text: string): void {
  if (area.value === '') area.value = text;
}

async function fill(
  store: Store,
  key: string,
  area: HTMLTextAreaElement,
  isGone: () => boolean,
): Promise<void> {
  const before = area.value;
  const own = await getDraft(store, key);
  // The tab that was killed, or closed with a text in its box, is most likely this one before.
  const [other] = own === '' ? await abandonedDrafts(store, key) : [];
  const text = other?.text ?? own;
  // Typing began before the draft was read: what is typed now counts.
  if (isGone() || area.value !== before || text === '') return;
  area.value = text;
  area.dispatchEvent(new Event('input', { bubbles: true }));
  if (!other) return;
  // Its own first, so that no moment has neither.
  const mine = draftWriter(store, key);
  mine.save(text);
  await mine.flush();
  await dropDraft(store, other.id);
}
