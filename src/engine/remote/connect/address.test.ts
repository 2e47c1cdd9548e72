import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AppError } from '../../../errors/app-error.ts';
import { isLoopback, isPrivate, parseAddress, urlBelow } from './address.ts';

const PAGE = 'https://app.example/tools/meditron/';

describe('the address of a server', () => {
  it.each([
    ['http://localhost:8000', 'http://localhost:8000/'],
    ['http://localhost:8000/v1', 'http://localhost:8000/'],
    [' http://localhost:8000/v1/ ', 'http://localhost:8000/'],
    ['localhost:8080', 'http://localhost:8080/'],
    ['127.0.0.1:8080/v1', 'http://127.0.0.1:8080/'],
    ['192.168.1.20:8000', 'http://192.168.1.20:8000/'],
    ['gpu-box:8000', 'http://gpu-box:8000/'],
    ['llm.example.org', 'https://llm.example.org/'],
    ['https://llm.example.org/v1/completions', 'https://llm.example.org/'],
    ['https://llm.example.org/v1/chat/completions', 'https://llm.example.org/'],
    ['https://llm.example.org/v1/models?limit=1#x', 'https://llm.example.org/'],
    ['https://llm.example.org/team/a/v1', 'https://llm.example.org/team/a/'],
    ['https://llm.example.org/team/a', 'https://llm.example.org/team/a/'],
    ['/', 'https://app.example/'],
    ['/v1', 'https://app.example/'],
    ['./v1', 'https://app.example/tools/meditron/'],
    ['/llm/v1/', 'https://app.example/llm/'],
  ])('%s → %s', (typed, root) => {
    expect(parseAddress(typed, PAGE).root).toBe(root);
  });

  it.each([
    '',
    '   ',
    'ftp://x.example',
    'file:///etc/passwd',
    'https://',
    'https://me:secret@llm.example',
    'two words',
    `https://llm.example/${'ä'.repeat(1000)}`,
  ])('refuses %j with words', (typed) => {
    expect(() => parseAddress(typed, PAGE)).toThrow(
      expect.objectContaining({ code: 'server/bad-address' }) as Error,
    );
  });

  it('never keeps a password, a query or a fragment, and puts the API below', () => {
    fc.assert(
      fc.property(fc.webUrl({ withQueryParameters: true, withFragments: true, size: 'small' }), (typed) => {
        let root: string;
        try {
          ({ root } = parseAddress(typed, PAGE));
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(AppError);
          return;
        }
        const url = new URL(root);
        expect([url.username, url.password, url.search, url.hash]).toEqual(['', '', '', '']);
        expect(urlBelow({ root }, 'v1/models')).toBe(`${root}v1/models`);
        // The same place, however often it is read again.
        expect(parseAddress(`${root}v1`, PAGE).root).toBe(root);
      }),
      // Making addresses is slow.
      { numRuns: 30 },
    );
  });

  it('knows this machine and the local network by name', () => {
    for (const name of ['localhost', 'app.localhost', '127.0.0.1', '127.9.9.9', '[::1]'])
      expect(isLoopback(name)).toBe(true);
    for (const name of ['10.0.0.1', '172.16.0.1', '172.31.2.3', 'printer.local', 'gpu', '[fd00::1]'])
      expect(isPrivate(name)).toBe(true);
    for (const name of ['172.32.0.1', '11.0.0.1', 'example.org', 'localhost.example.org', '[2001:db8::1]'])
      expect(isLoopback(name) || isPrivate(name)).toBe(false);
  });
});
