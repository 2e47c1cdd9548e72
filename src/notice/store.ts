import { create } from 'zustand';
import { startNoticeSession } from './session.ts';
import type { NoticeEnvironment, NoticeSession, NoticeState } from './session.ts';

/** When this session acknowledged which notice: `{acknowledgedAt, version}`, both null until it has. */
export const useNotice = create<NoticeState>(() => ({
  phase: 'checking',
  acknowledgedAt: null,
  version: null,
}));

let session: NoticeSession | null = null;

/** The session of this page, begun at the first call. */
export function noticeSession(): NoticeSession {
  session ??= startNoticeSession(browserEnvironment(), (state) => {
    useNotice.setState(state, true);
  });
  return session;
}

function browserEnvironment(): NoticeEnvironment {
  return {
    now: () => Date.now(),
    navigationType: () => {
      const [entry] = performance.getEntriesByType('navigation');
      return entry instanceof PerformanceNavigationTiming ? entry.type : 'navigate';
    },
    storage: () => sessionStorage,
    // Absent on insecure origins, whatever the types say.
    locks: (navigator as Partial<Navigator>).locks ?? null,
    // crypto.randomUUID is missing on insecure origins; this is not.
    newId: () =>
      Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) =>
        byte.toString(16).padStart(2, '0'),
      ).join(''),
    page: window,
  };
}
