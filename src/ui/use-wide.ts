import { useSyncExternalStore } from 'react';

/**
 * Follows a media query.
 * @param at where a panel has room beside the page: by default Tailwind's `lg`, for the chats' panel.
 */
export function useWide(at = '(min-width: 64rem)'): boolean {
  return useSyncExternalStore(
    (changed) => {
      const query = queryOf(at);
      query?.addEventListener('change', changed);
      return () => {
        query?.removeEventListener('change', changed);
      };
    },
    () => queryOf(at)?.matches ?? true,
  );
}

function queryOf(at: string): MediaQueryList | null {
  return typeof matchMedia === 'undefined' ? null : matchMedia(at);
}
