import { useEffect, useRef, useState } from 'react';
import { useStore } from '../../conversations/data/store.ts';
import { keptWriter, NOTHING_KEPT, readKept, type KeptText, type KeptWriter } from './kept-text.ts';

/** What was made of a chat's text: null until it is read. @param key the conversation's id, or the new chat's. */
export function useKeptText(key: string): readonly [KeptText | null, (next: KeptText) => void] {
  const store = useStore((state) => state.store);
  const [kept, setKept] = useState<KeptText | null>(null);
  const writer = useRef<KeptWriter | null>(null);
  useEffect(() => {
    if (!store) return;
    const mine = keptWriter(store, key);
    writer.current = mine;
    let gone = false;
    readKept(store, key).then(
      (found) => {
        if (!gone) setKept(found);
      },
      () => {
        // Said by the storage's health already; the chat's own text is there.
        if (!gone) setKept(NOTHING_KEPT);
      },
    );
    return () => {
      gone = true;
      writer.current = null;
      void mine.flush();
    };
  }, [store, key]);
  const change = (next: KeptText): void => {
    setKept(next);
    writer.current?.save(next);
  };
  return [kept, change];
}
