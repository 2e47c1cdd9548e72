import { expect, test } from 'vitest';
import { sharedOrigin, type Surroundings } from './shared-origin.ts';
import { wordsOf } from './shared-origin-notice.tsx';

const alone = (url: string, more: Partial<Surroundings> = {}): Surroundings => ({
  url,
  databases: () => Promise.resolve([{ name: 'meditron' }, { name: 'webllm/config' }]),
  workerScopes: () => Promise.resolve([new URL('./', url).href]),
  ...more,
});

test('an origin of its own: nothing is said', async () => {
  for (const url of [
    'https://chat.example.org/',
    'https://chat.example.org/index.html#/settings',
    'http://localhost:8000/?x',
    'https://user.github.io/',
  ])
    expect(await sharedOrigin(alone(url)), url).toBeNull();
});

test('hosts that give folders to many are known, and any folder is said to be one', async () => {
  for (const [url, kind] of [
    ['https://user.github.io/meditron/', 'folders'],
    ['https://group.gitlab.io/app/', 'folders'],
    ['https://s3.eu-central-1.amazonaws.com/bucket/index.html', 'folders'],
    ['https://cdn.jsdelivr.net/gh/user/app/', 'folders'],
    ['https://www.example.edu/~somebody/app/', 'folders'],
    ['https://hospital.example.org/meditron/', 'folder'],
    ['https://evilgithub.io/app/', 'folder'],
  ] as const)
    expect((await sharedOrigin(alone(url)))?.kind, url).toBe(kind);
});

test('what others left in the shared storage is told, also beside an app at the root', async () => {
  const url = 'https://host.example/';
  const databases = () => Promise.resolve([{ name: 'meditron' }, { name: 'todo-list' }]);
  const shared = await sharedOrigin(alone(url, { databases }));
  expect(shared).toEqual({ kind: 'neighbour', what: 'a database “todo-list”' });
  expect(shared && wordsOf(shared, 'host.example').why).toContain('host.example');
  const workerScopes = () => Promise.resolve(['https://host.example/', 'https://host.example/blog/']);
  for (const own of ['https://host.example/meditron/', url])
    expect(await sharedOrigin(alone(own, { workerScopes }))).toMatchObject({ kind: 'neighbour' });
});

test('a browser that tells nothing leaves the address to speak', async () => {
  const mute: Partial<Surroundings> = {
    databases: () => Promise.reject(new TypeError('no IndexedDB')),
    workerScopes: () => Promise.reject(new TypeError('no service workers on plain http')),
  };
  expect(await sharedOrigin(alone('http://host.example/', mute))).toBeNull();
  expect(await sharedOrigin(alone('http://host.example/app/', mute))).toEqual({ kind: 'folder' });
});
