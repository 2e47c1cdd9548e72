/** Two tabs share one list of servers: each is a module of its own here, over the same storage. */
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type * as Consent from './consent.ts';
import type * as Keys from './server-keys.ts';
import type * as Servers from './servers-store.ts';

class MemoryStorage {
  readonly rows = new Map<string, string>();
  readonly getItem = (name: string): string | null => this.rows.get(name) ?? null;
  readonly setItem = (name: string, value: string): void => void this.rows.set(name, value);
  readonly removeItem = (name: string): void => void this.rows.delete(name);
}

const form = (host: string, model = 'm', key = ''): Servers.ServerForm => ({
  root: `https://${host}/`,
  host,
  model,
  key,
  keepKey: true,
});

interface Tab {
  readonly servers: typeof Servers;
  readonly consent: typeof Consent;
  readonly keys: typeof Keys;
  /** As the browser tells a tab of what another one stored. */
  readonly hear: (key: string | null) => void;
}

let local: MemoryStorage;

async function openTab(): Promise<Tab> {
  vi.resetModules();
  const listeners: ((event: Pick<StorageEvent, 'key'>) => void)[] = [];
  vi.stubGlobal('window', {
    addEventListener: (type: string, listener: (event: Pick<StorageEvent, 'key'>) => void) => {
      if (type === 'storage') listeners.push(listener);
    },
  });
  const servers = await import('./servers-store.ts');
  const consent = await import('./consent.ts');
  const keys = await import('./server-keys.ts');
  return {
    servers,
    consent,
    keys,
    hear: (key) => {
      for (const listener of listeners) listener({ key });
    },
  };
}

const names = ({ servers }: Tab): string[] => servers.useServers.getState().connected.map(({ name }) => name);

beforeEach(() => {
  local = new MemoryStorage();
  vi.stubGlobal('localStorage', local);
  vi.stubGlobal('sessionStorage', new MemoryStorage());
});

afterEach(() => {
  vi.unstubAllGlobals();
});

it('what one tab connects, the other keeps', async () => {
  const [a, b] = [await openTab(), await openTab()];
  a.servers.saveServer(null, form('one.example', 'm', 'sk-one'));
  b.servers.saveServer(null, form('two.example'));
  expect(names(b)).toEqual(['one.example', 'two.example']);
  expect(names(await openTab())).toEqual(['one.example', 'two.example']);
});

it('what one tab removed stays removed, and the same again is the same', async () => {
  const a = await openTab();
  const one = a.servers.saveServer(null, form('one.example'));
  const b = await openTab();
  a.servers.removeServer(one);
  b.servers.saveServer(null, form('two.example'));
  expect(names(await openTab())).toEqual(['two.example']);
  const two = b.servers.useServers.getState().connected[0]?.id;
  expect(a.servers.saveServer(null, form('two.example'))).toBe(two);
});

it('a tab hears what another one changed, and asks anew before words go to a changed address', async () => {
  const a = await openTab();
  const id = a.servers.saveServer(null, form('one.example'));
  const b = await openTab();
  const agreed = b.consent.requireConsent({ id, name: 'one', host: 'one.example', model: 'm' });
  b.consent.useConsent.getState().question?.answer(true);
  await agreed;
  a.servers.saveServer(null, form('two.example'));
  b.hear('meditron-servers');
  expect(names(b)).toEqual(['one.example', 'two.example']);
  expect(b.consent.hasAgreed(id)).toBe(true);
  a.servers.saveServer(id, form('other.example'));
  b.hear('meditron-servers');
  expect(names(b)).toEqual(['other.example', 'two.example']);
  expect(b.consent.hasAgreed(id)).toBe(false);
});

it('where storage is full or forbidden, servers last as long as the tab', async () => {
  const refuse = (): never => {
    throw new DOMException('no', 'SecurityError');
  };
  // Chromium with all site data blocked throws at the mention of it, other browsers at its use.
  for (const descriptor of [
    { get: refuse },
    { value: { getItem: refuse, setItem: refuse, removeItem: refuse } },
  ]) {
    for (const name of ['localStorage', 'sessionStorage'])
      Object.defineProperty(globalThis, name, { configurable: true, ...descriptor });
    const forbidden = await openTab();
    const one = forbidden.servers.saveServer(null, form('one.example', 'm', 'sk-one'));
    forbidden.servers.saveServer(null, form('two.example'));
    expect(names(forbidden)).toEqual(['one.example', 'two.example']);
    expect(forbidden.keys.keyOf(one)).toBe('sk-one');
    forbidden.servers.removeServer(one);
    expect([names(forbidden), forbidden.keys.keyOf(one)]).toEqual([['two.example'], null]);
  }
  vi.stubGlobal('sessionStorage', new MemoryStorage());
  vi.stubGlobal('localStorage', { getItem: local.getItem, setItem: refuse, removeItem: refuse });
  const full = await openTab();
  full.servers.saveServer(null, form('one.example'));
  full.servers.saveServer(null, form('two.example'));
  expect(names(full)).toEqual(['one.example', 'two.example']);
});
