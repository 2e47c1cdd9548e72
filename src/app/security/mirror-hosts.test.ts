import { expect, it } from 'vitest';
import { mirrorHosts } from './mirror-hosts.ts';
import { contentSecurityPolicy } from './security-headers.ts';

it('names origins, and nothing that is none', () => {
  expect(mirrorHosts()).toEqual([]);
  expect(mirrorHosts('https://a.example/models/, https://b.example:8443')).toEqual([
    'https://a.example',
    'https://b.example:8443',
  ]);
  for (const wrong of ['http://a.example', 'a.example', "'unsafe-inline'", '*'])
    expect(() => mirrorHosts(wrong)).toThrow('MODEL_MIRRORS');
});

it('lets the page reach them and no more', () => {
  const connect = /connect-src ([^;]*)/.exec(contentSecurityPolicy(mirrorHosts('https://a.example')))?.[1];
  expect(connect).toBe("'self' blob: https://a.example");
});
