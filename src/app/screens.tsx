/**
 * The one table of screens: what address each has, what it is called, whether the header leads there, and how it is drawn. A
 * new screen is its folder and an entry here. All addresses lie behind `#`, so that any static host and any sub-path serves
 * them.
 */
import { lazy, Suspense, type ReactNode } from 'react';
import { ChatScreen } from '../chat/screen/chat-screen.tsx';
import { Missing } from './missing.tsx';

const ExportMenu = lazy(() => import('../transcripts/export/export-menu.tsx'));
const ExamsScreen = lazy(() => import('./composition/exams-screen-slot.tsx'));
const MainModel = lazy(() => import('./composition/main-model-slot.tsx'));
const ModelsScreen = lazy(() => import('./composition/models-screen-slot.tsx'));
const SettingsScreen = lazy(() => import('./settings/settings-screen.tsx'));
const AboutScreen = lazy(() => import('./about/about-screen.tsx'));
const SharedScreen = lazy(() => import('./composition/shared-screen-slot.tsx'));

/** Ways out of a screen. */
export interface ScreenActions {
  /** @param path what follows `#`. */
  readonly open: (path: string) => void;
  /** The first screen is drawn: what it can do without may load. */
  readonly atRest: boolean;
}

interface ScreenEntry<Name extends string, Parts extends object> {
  readonly screen: Name;
  /** The tab's title. Never a chat's own words: browsers keep titles in their history. */
  readonly title: string;
  /** How the header leads there, in the order of the table. */
  readonly link?: { readonly label: string; readonly href: string };
  /** The screen whose link is the current one here, where it is another's: a room behind that screen. */
  readonly behind?: string;
  /** @returns what the address says besides the screen's name; null: it is not this screen's address. */
  readonly match: (first: string, tail: string) => Parts | null;
  readonly draw: (parts: Parts, actions: ScreenActions) => ReactNode;
}

function entry<const Name extends string, Parts extends object>(
  screen: ScreenEntry<Name, Parts>,
): ScreenEntry<Name, Parts> {
  return screen;
}

interface NoParts {
  readonly more?: never;
}

function only(name: string): (first: string, tail: string) => NoParts | null {
  return (first, tail) => (first === name && tail === '' ? {} : null);
}

export const SCREENS = [
  entry({
    screen: 'chat',
    title: 'Chat',
    link: { label: 'Chat', href: '/' },
    match: (first, tail): { readonly conversationId: string | null } | null => {
      if (first === '' && tail === '') return { conversationId: null };
      // Ids are made of letters and digits (records.ts: 64 characters at most); anything else is a mistyped link.
      return first === 'c' && /^[\w-]{1,64}$/.test(tail) ? { conversationId: tail } : null;
    },
    draw: ({ conversationId }, { atRest }) => (
      <ChatScreen
        conversationId={conversationId}
        welcome={
          atRest && (
            <Suspense fallback={null}>
              <MainModel />
            </Suspense>
          )
        }
        tools={
          conversationId !== null && (
            <Suspense fallback={null}>
              <ExportMenu selection={[conversationId]} ownsPage />
            </Suspense>
          )
        }
      />
    ),
  }),
  entry({
    screen: 'exams',
    title: 'Exams',
    link: { label: 'Exams', href: '/exams' },
    /** `setId` null: all sets. */
    match: (first, tail): { readonly setId: string | null; readonly practice: boolean } | null => {
      if (first !== 'exams') return null;
      if (tail === '') return { setId: null, practice: false };
      const found = /^([\w-]{1,64})(\/practice)?$/.exec(tail);
      return found?.[1] === undefined ? null : { setId: found[1], practice: found[2] !== undefined };
    },
    draw: (parts, { open }) => <ExamsScreen place={{ screen: 'exams', ...parts }} navigate={open} />,
  }),
  entry({
    screen: 'runs',
    title: 'Run',
    behind: 'exams',
    match: (first, tail) => (first === 'runs' && /^[\w-]{1,64}$/.test(tail) ? { runId: tail } : null),
    draw: ({ runId }, { open }) => <ExamsScreen place={{ screen: 'runs', runId }} navigate={open} />,
  }),
  entry({
    screen: 'models',
    title: 'Models',
    link: { label: 'Models', href: '/models' },
    match: only('models'),
    draw: () => <ModelsScreen />,
  }),
  entry({
    screen: 'settings',
    title: 'Settings',
    link: { label: 'Settings', href: '/settings' },
    /** `section`: the part of it that was asked for. */
    match: (first, tail): { readonly section: string | null } | null =>
      first === 'settings' && /^[a-z]*$/.test(tail) ? { section: tail || null } : null,
    draw: ({ section }) => <SettingsScreen section={section} />,
  }),
  entry({
    screen: 'about',
    title: 'About',
    link: { label: 'About', href: '/about' },
    match: only('about'),
    draw: () => <AboutScreen />,
  }),
  entry({
    screen: 'shared',
    title: 'Shared transcript',
    // What followed in the address left it at the page's start (transcripts/share/arrived-link.ts).
    match: only('shared'),
    draw: (_, { open }) => (
      <SharedScreen
        onKept={(id) => {
          open(`/c/${id}`);
        }}
      />
    ),
  }),
  entry({
    screen: 'missing',
    title: 'Not found',
    // Whatever no other entry takes: see `placeOf`.
    match: (): { readonly path: string } | null => null,
    draw: (_, { open }) => <Missing open={open} />,
  }),
] as const;

type PlaceOf<Entry> =
  Entry extends ScreenEntry<infer Name, infer Parts> ? { readonly screen: Name } & Parts : never;

export type Place = PlaceOf<(typeof SCREENS)[number]>;

/** @param path what follows `#`, e.g. `/c/abc`. */
export function placeOf(path: string): Place {
  const [first = '', ...rest] = path.replace(/^\/+/, '').split('/');
  const tail = rest.join('/');
  for (const { screen, match } of SCREENS) {
    const parts = match(first, tail);
    if (parts) return { screen, ...parts } as Place;
  }
  return { screen: 'missing', path };
}

export function titleOf(place: Place): string {
  return SCREENS.find(({ screen }) => screen === place.screen)?.title ?? '';
}

/** @returns the screen whose link in the header is the current one. */
export function linkedScreen(screen: Place['screen']): string {
  return SCREENS.find((each) => each.screen === screen)?.behind ?? screen;
}

export function drawScreen(place: Place, actions: ScreenActions): ReactNode {
  // The parts are those this very entry found in the address.
  const found = SCREENS.find(({ screen }) => screen === place.screen) as
    | ScreenEntry<string, Place>
    | undefined;
  return found?.draw(place, actions);
}
