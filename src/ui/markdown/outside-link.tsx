import type { MouseEvent, ReactNode } from 'react';
import { create } from 'zustand';

/** What the app says of links, and which one a person pressed: links in replies open nothing by themselves. */
export const useLinks = create<{
  /** The whole address of the link that was pressed; null: none waits for an answer. */
  readonly asked: string | null;
  /** Nothing may be opened: links have no address the browser could follow by itself. */
  readonly shut: boolean;
}>(() => ({ asked: null, shut: false }));

export interface OutsideLinkProps {
  /** From `safeHref`. */
  readonly href: string;
  readonly children: ReactNode;
}

/** A link whose whole address is shown before it opens (app/shell/link-dialog.tsx). */
export function OutsideLink({ href, children }: OutsideLinkProps) {
  const shut = useLinks((state) => state.shut);
  const ask = (event: MouseEvent): void => {
    event.preventDefault();
    // Button 2 opens the browser's menu, which shows the address itself.
    if (event.button !== 2) useLinks.setState({ asked: href });
  };
  return (
    // oxlint-disable-next-line jsx-a11y/no-static-element-interactions -- it is a link in both forms
    <a
      {...(shut
        ? { role: 'link', tabIndex: 0 }
        : { href, target: '_blank', rel: 'noopener noreferrer nofollow' })}
      data-address={href}
      onClick={ask}
      onAuxClick={ask}
      onKeyDown={(event) => {
        // Without an address the browser does not press it by itself.
        if (!shut || event.key !== 'Enter') return;
        // Else the rest of this very press closes the dialog, whose Close has the focus by then.
        event.preventDefault();
        useLinks.setState({ asked: href });
      }}
      onDragStart={(event) => {
        event.preventDefault();
      }}
    >
      {children}
    </a>
  );
}
