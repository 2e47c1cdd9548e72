import { useSyncExternalStore } from 'react';

/** From here on the chats' panel has room beside the page; Tailwind's `lg`. */
const query = typeof matchMedia === 'undefined' ? null : matchMedia('(min-width: 64rem)');

export function useWide(): boolean {
  return useSyncExternalStore(
    (changed) => {
      query?.addEventListener('change', changed);
      return () => {
        query?.removeEventListener('change', changed);
      };
    },
    () => query?.matches ?? true,
  );
}
