import { lazy, Suspense, useState } from 'react';
import { IconButton, type IconButtonProps } from '../button.tsx';
import type { MenuItem } from './menu-item.ts';

/** The menu's machinery (focus roving, placement) is a chunk of its own, fetched when a menu is first reached for. */
const loadMenuPanel = () => import('./menu-panel.tsx');
const MenuPanel = lazy(loadMenuPanel);

export interface MenuButtonProps extends Omit<IconButtonProps, 'onClick' | 'ref'> {
  readonly items: readonly MenuItem[];
  readonly align?: 'start' | 'end';
}

/** An icon button that opens a menu. Until first used it is just a button. */
export function MenuButton({ items, align = 'end', ...button }: MenuButtonProps) {
  const [wanted, setWanted] = useState(false);
  const waiting = (
    <IconButton
      {...button}
      aria-haspopup="menu"
      aria-expanded={wanted}
      onPointerEnter={() => void loadMenuPanel()}
      onFocus={() => void loadMenuPanel()}
      onClick={() => {
        setWanted(true);
      }}
    />
  );
  if (!wanted) return waiting;
  return (
    <Suspense fallback={waiting}>
      <MenuPanel items={items} align={align} button={button} />
    </Suspense>
  );
}
