import { Content, Item, Portal, Root, Trigger } from '@radix-ui/react-dropdown-menu';
import { IconButton, type IconButtonProps } from '../button.tsx';
import { classNames } from '../class-names.ts';
import { useMenuHome } from './menu-home.ts';
import type { MenuItem } from './menu-item.ts';

export interface MenuPanelProps {
  readonly items: readonly MenuItem[];
  readonly align: 'start' | 'end';
  readonly button: Omit<IconButtonProps, 'onClick' | 'ref'>;
}

/** Mounted by the click that wants it, hence open at once. Not modal: the page behind stays scrollable and keeps its width. */
export default function MenuPanel({ items, align, button }: MenuPanelProps) {
  const [home, ref] = useMenuHome();
  // Words stand in one line, whether or not an icon stands before them.
  const anyIcon = items.some(({ icon }) => icon !== undefined);
  return (
    <Root defaultOpen modal={false}>
      <Trigger asChild>
        <IconButton {...button} ref={ref} />
      </Trigger>
      {home && (
        <Portal container={home}>
          <Content
            align={align}
            sideOffset={4}
            collisionPadding={8}
            className="z-40 min-w-44 rounded-md border border-line bg-surface p-1 text-sm text-ink shadow-float"
          >
            {items.map(({ label, icon: Icon, danger = false, disabled = false, onSelect }) => (
              <Item
                key={label}
                disabled={disabled}
                onSelect={onSelect}
                className={classNames(
                  'flex min-h-9 items-center gap-2.5 rounded-sm px-2.5 outline-none data-disabled:opacity-50 pointer-coarse:min-h-11',
                  danger
                    ? 'text-danger data-highlighted:bg-danger-soft'
                    : 'data-highlighted:bg-accent-soft data-highlighted:text-accent-strong',
                )}
              >
                {Icon ? (
                  <Icon aria-hidden className="size-4" strokeWidth={1.75} />
                ) : (
                  anyIcon && <span aria-hidden className="size-4" />
                )}
                {label}
              </Item>
            ))}
          </Content>
        </Portal>
      )}
    </Root>
  );
}
