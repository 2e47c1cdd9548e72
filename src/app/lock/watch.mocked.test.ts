import { afterEach, expect, test, vi } from 'vitest';
import { setOpen, useDoor } from '../../conversations/data/tab/door.ts';
import { setPreferences } from '../../preferences/preferences.ts';
import { startWatch } from './watch.ts';

const MINUTE_MS = 60_000;

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test('a clock that is set back locks once, and whoever unlocks begins anew', () => {
  vi.useFakeTimers({ now: Date.UTC(2026, 0, 1) });
  const heard = new Map<string, () => void>();
  const kept = new Map<string, string>();
  vi.stubGlobal('window', {
    addEventListener: (type: string, listen: () => void) => heard.set(type, listen),
  });
  vi.stubGlobal('document', { addEventListener: () => undefined });
  vi.stubGlobal('localStorage', {
    getItem: (name: string) => kept.get(name) ?? null,
    setItem: (name: string, value: string) => void kept.set(name, value),
    removeItem: (name: string) => void kept.delete(name),
  });
  const found = { db: { protection: { kind: 'off' } }, vault: {}, persistent: true };
  useDoor.setState({ phase: 'open', found: found as never });
  setPreferences({ lockMinutes: 10 });
  startWatch();
  const move = (): string => {
    heard.get('pointermove')?.();
    return useDoor.getState().phase;
  };

  vi.setSystemTime(Date.now() + 9 * MINUTE_MS);
  expect(move()).toBe('open');
  vi.setSystemTime(Date.now() - 120 * MINUTE_MS);
  expect(move()).toBe('shut');
  for (let time = 0; time < 3; time += 1) {
    setOpen();
    vi.setSystemTime(Date.now() + 5000);
    expect(move()).toBe('open');
  }
  vi.setSystemTime(Date.now() + 10 * MINUTE_MS);
  expect(move()).toBe('shut');
  setPreferences({ lockMinutes: null });
  useDoor.setState({ phase: 'open', found: null });
});
