import { PanelLeft, SquarePen } from 'lucide-react';
import { lazy, Suspense, type ReactNode } from 'react';
import { isPrivateSession } from '../../preferences/private-session.ts';
import { IconButton } from '../../ui/button.tsx';
import { classNames } from '../../ui/class-names.ts';
import { ModelStatus } from './model-status.tsx';
import { linkedScreen, SCREENS, type Place } from '../screens.tsx';

const PrivateBadge = lazy(() => import('./private-badge.tsx'));

export interface HeaderProps {
  readonly screen: Place['screen'];
  /** The chat to come back to. */
  readonly chatHref: string;
  readonly panelOpen: boolean;
  readonly onTogglePanel: () => void;
  /** What is under way, beside the model's status. */
  readonly work: ReactNode;
  /** Where the panel with its button is not in sight. */
  readonly onNewChat?: () => void;
}

export function Header({ screen, chatHref, panelOpen, onTogglePanel, work, onNewChat }: HeaderProps) {
  return (
    <header className="print-none flex flex-wrap items-stretch border-b border-line bg-paper lg:h-13 lg:flex-nowrap">
      <div className="flex h-11 min-w-0 flex-1 items-stretch gap-1 pl-1 sm:pl-2 lg:h-auto lg:flex-none">
        <IconButton
          label={panelOpen ? 'Hide chats' : 'Show chats'}
          icon={PanelLeft}
          tipAlign="start"
          aria-expanded={panelOpen}
          className="self-center"
          onClick={onTogglePanel}
        />
        {onNewChat && (
          <IconButton
            label="New chat"
            icon={SquarePen}
            tipAlign="start"
            className="-ml-1 self-center"
            onClick={onNewChat}
          />
        )}
        <span className="hidden items-center pr-6 pl-1 font-serif text-lg font-semibold tracking-tight md:flex">
          Meditron Web
        </span>
        <nav
          aria-label="Screens"
          // The smallest windows scroll it sideways.
          className="relative flex min-w-0 items-stretch gap-3 overflow-x-auto pr-2 pl-1 [scrollbar-width:none] sm:gap-6 sm:pl-2 md:pl-0"
        >
          {SCREENS.map(({ screen: target, link }) => {
            if (!link) return null;
            const { href, label } = link;
            const current = target === linkedScreen(screen);
            return (
              <a
                key={target}
                href={`#${target === 'chat' ? chatHref : href}`}
                aria-current={current ? 'page' : undefined}
                className={classNames(
                  // The row cuts off what lies outside of it: the ring stays within.
                  '-mx-0.5 flex items-center border-y-2 border-transparent px-0.5 text-sm transition-colors focus-visible:-outline-offset-2',
                  current ? 'border-b-accent font-medium text-ink' : 'text-ink-muted hover:text-accent',
                )}
              >
                {label}
              </a>
            );
          })}
        </nav>
      </div>
      {work}
      {isPrivateSession() && (
        <Suspense fallback={null}>
          <PrivateBadge />
        </Suspense>
      )}
      <ModelStatus picker={screen === 'chat'} />
    </header>
  );
}
