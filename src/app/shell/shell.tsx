import { lazy, Suspense, useCallback, useEffect, useRef, useState } from 'react';
import { useHashLocation } from 'wouter/use-hash-location';
import { focusComposer } from '../../chat/session/composer-focus.ts';
import { ChatContext } from '../../chat/session/chat-environment.ts';
import { useConversationShortcuts } from '../../conversations/panel/shortcuts.ts';
import { startConversations } from '../../conversations/data/start.ts';
import { whenIdle } from '../../lib/waiting/when-idle.ts';
import { classNames } from '../../ui/class-names.ts';
import { Dialog } from '../../ui/dialog.tsx';
import { useShortcut } from '../../ui/shortcuts.ts';
import { Toaster } from '../../ui/feedback/toast.tsx';
import { useWide } from '../../ui/use-wide.ts';
import { useChatEnvironment } from '../composition/chat-composition.ts';
import { LockGate } from '../lock/lock-gate.tsx';
import { Header } from './header.tsx';
import { prepareModel } from '../composition/model-runtime.ts';
import { UpdateOffer } from '../offline/update-offer.tsx';
import { drawScreen, placeOf, titleOf } from '../screens.tsx';
import { PrintNotice } from '../../notice/print-notice.tsx';
import { ScreenBoundary } from '../screen-boundary.tsx';
import { ShortcutKeys } from './shortcut-keys.tsx';
import { StorageBanner } from './storage-banner.tsx';

const Sidebar = lazy(() => import('../../conversations/panel/sidebar.tsx'));
const PanelTools = lazy(() => import('../../transcripts/panel-tools.tsx'));
const AcquisitionStatus = lazy(() => import('./acquisition-status.tsx'));
const HouseNotices = lazy(() => import('./house-notices.tsx'));

/** Everything behind the notice: header, chats at the side, one screen. */
export default function Shell() {
  return (
    <LockGate>
      <Page />
      <Toaster />
    </LockGate>
  );
}

function Page() {
  const [path, navigate] = useHashLocation();
  const place = placeOf(path);
  const title = titleOf(place);
  const wide = useWide();
  const [panelWanted, setPanelWanted] = useState(true);
  /** The address at which the drawer was opened: going anywhere else closes it. */
  const [drawerAt, setDrawerAt] = useState<string | null>(null);
  const [atRest, setAtRest] = useState(false);
  const [lastChat, setLastChat] = useState('/');
  const main = useRef<HTMLElement>(null);
  const openChat = useCallback(
    (id: string | null) => {
      navigate(id === null ? '/' : `/c/${id}`);
      setDrawerAt(null);
      if (id === null) focusComposer();
    },
    [navigate],
  );
  const environment = useChatEnvironment(openChat);
  const current = place.screen === 'chat' ? place.conversationId : null;

  if (place.screen === 'chat' && path !== lastChat) setLastChat(path);

  useEffect(() => {
    // Never a chat's own words: browsers keep titles in their history, and carry them to other machines.
    document.title = `${title} · Meditron Web`;
  }, [title]);
  useEffect(() => {
    void startConversations();
    return whenIdle(() => {
      prepareModel();
      setAtRest(true);
    });
  }, []);
  useShortcut('app.new-chat', 'mod+shift+o', 'New chat', () => {
    openChat(null);
  });
  useConversationShortcuts({
    current,
    open: openChat,
    showPanel: () => {
      if (wide) setPanelWanted(true);
      else setDrawerAt(path);
    },
  });

  const drawerOpen = drawerAt === path;
  const panelOpen = wide ? panelWanted : drawerOpen;
  const chats = (
    <Suspense fallback={<nav aria-label="Conversations" aria-busy="true" />}>
      <Sidebar
        current={current}
        open={openChat}
        tools={
          <Suspense fallback={null}>
            <PanelTools />
          </Suspense>
        }
      />
    </Suspense>
  );
  const toMain = (): void => {
    main.current?.focus();
  };

  return (
    <ChatContext value={environment}>
      <button
        type="button"
        className="sr-only focus:not-sr-only focus:fixed focus:top-2 focus:left-2 focus:z-50 focus:rounded-md focus:bg-accent focus:px-4 focus:py-2 focus:text-sm focus:text-on-accent"
        onClick={toMain}
      >
        Skip to the content
      </button>
      <div className="print-open flex h-dvh flex-col">
        <Header
          screen={place.screen}
          chatHref={lastChat}
          panelOpen={panelOpen}
          {...(!(wide && panelWanted) && {
            onNewChat: () => {
              openChat(null);
            },
          })}
          work={
            atRest && (
              <Suspense fallback={null}>
                <AcquisitionStatus />
              </Suspense>
            )
          }
          onTogglePanel={() => {
            if (wide) setPanelWanted(!panelWanted);
            else setDrawerAt(drawerAt === path ? null : path);
          }}
        />
        <div className="print-open flex min-h-0 flex-1">
          {wide && panelWanted && (
            <div className="print-none w-72 shrink-0 border-r border-line bg-sunken">{chats}</div>
          )}
          {!wide && (
            <Dialog
              open={drawerOpen}
              title="Chats"
              shape="panel"
              onClose={() => {
                setDrawerAt(null);
              }}
            >
              {chats}
            </Dialog>
          )}
          <main
            ref={main}
            id="main"
            tabIndex={-1}
            className={classNames(
              'print-open flex min-w-0 flex-1 flex-col',
              place.screen !== 'chat' && 'overflow-y-auto',
            )}
          >
            {place.screen === 'chat' && <PrintNotice />}
            <StorageBanner />
            <UpdateOffer />
            {atRest && (
              <Suspense fallback={null}>
                <HouseNotices />
              </Suspense>
            )}
            <ScreenBoundary place={path}>
              <Suspense fallback={<div aria-busy="true" className="flex-1" />}>
                {drawScreen(place, { open: navigate, atRest })}
              </Suspense>
            </ScreenBoundary>
          </main>
        </div>
      </div>
      <ShortcutKeys />
    </ChatContext>
  );
}
