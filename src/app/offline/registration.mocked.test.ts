// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, test, vi } from 'vitest';

/** What the browser would tell, said by the test. */
const browser = vi.hoisted(() => ({ tells: new EventTarget() }));
const skipWaiting = vi.hoisted(() => vi.fn());
vi.mock('workbox-window', () => ({
  Workbox: class {
    readonly addEventListener = browser.tells.addEventListener.bind(browser.tells);
    readonly register = () => Promise.resolve();
    readonly messageSkipWaiting = skipWaiting;
  },
}));

import { useOffline } from './offline-state.ts';
import { applyUpdate, PATIENCE_MS, registerServiceWorker } from './registration.ts';

const reload = vi.fn();
const registration: { waiting: object | null } = { waiting: null };
const update = () => useOffline.getState().update;

beforeEach(async () => {
  vi.useFakeTimers();
  vi.stubEnv('DEV', false);
  vi.stubGlobal('location', { reload });
  vi.stubGlobal('crossOriginIsolated', true);
  vi.stubGlobal('navigator', {
    serviceWorker: { ready: Promise.resolve(), getRegistration: () => Promise.resolve(registration) },
  });
  browser.tells = new EventTarget();
  await registerServiceWorker(() => false);
  registration.waiting = {};
  browser.tells.dispatchEvent(new Event('waiting'));
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllEnvs();
  vi.unstubAllGlobals();
  vi.clearAllMocks();
  useOffline.setState({ status: 'none', update: 'none' });
});

function takeOver(): void {
  registration.waiting = null;
  browser.tells.dispatchEvent(new Event('controlling'));
}

test('a new version is taken when asked for, and the page reloads once it has taken over', async () => {
  expect(update()).toBe('offered');
  await applyUpdate();
  expect(update()).toBe('taking');
  expect(skipWaiting).toHaveBeenCalledOnce();
  expect(reload).not.toHaveBeenCalled();
  takeOver();
  expect(reload).toHaveBeenCalledOnce();
});

test('an older version that does not go is told, and can be asked again', async () => {
  await applyUpdate();
  vi.advanceTimersByTime(PATIENCE_MS);
  expect(update()).toBe('late');
  await applyUpdate();
  expect(update()).toBe('taking');
  expect(skipWaiting).toHaveBeenCalledTimes(2);
  takeOver();
  expect(reload).toHaveBeenCalledOnce();
});

test('a version that takes over too late is offered anew, and the page does not reload by itself', async () => {
  await applyUpdate();
  vi.advanceTimersByTime(PATIENCE_MS);
  takeOver();
  expect(update()).toBe('offered');
  expect(reload).not.toHaveBeenCalled();
  await applyUpdate();
  expect(reload).toHaveBeenCalledOnce();
});

test('what another tab has taken already needs only a reload here', async () => {
  takeOver();
  expect(update()).toBe('offered');
  expect(reload).not.toHaveBeenCalled();
  await applyUpdate();
  expect(skipWaiting).not.toHaveBeenCalled();
  expect(reload).toHaveBeenCalledOnce();
});
