import { useCallback, useState } from 'react';

/** What holds a page's content for a screen reader, and a modal, whose outside is inert. */
const LANDMARK = 'dialog, main, nav, aside, header, footer, [role=search]';

/**
 * Where a menu is put: at the end of the landmark (or modal) its button is in. Beside everything else, as menus usually are, it would be
 * content of no region; and under a modal nobody could press it. Beside its button, lists that move their rows would cut it off.
 * @returns the place, null until the button is there, and the button's ref.
 */
export function useMenuHome(): readonly [HTMLElement | null, (button: HTMLElement | null) => void] {
  const [home, setHome] = useState<HTMLElement | null>(null);
  const ref = useCallback((button: HTMLElement | null) => {
    if (button) setHome(button.closest<HTMLElement>(LANDMARK) ?? document.body);
  }, []);
  return [home, ref];
}
