import { describe, expect, it } from 'vitest';
import { contentSecurityPolicy, modelServers } from './security-headers.ts';

describe('the servers a page may call', () => {
  it('are this machine’s, and those the build names', () => {
    const connect =
      contentSecurityPolicy()
        .split('; ')
        .find((each) => each.startsWith('connect-src')) ?? '';
    expect(connect).toContain(' http://localhost:* http://127.0.0.1:*');
    expect(connect).not.toMatch(/\s(\*|https?:)(\s|$)/);
    expect(modelServers(' https://llm.example.org/v1, https://b.example:8443 ')).toEqual([
      'https://llm.example.org',
      'https://b.example:8443',
    ]);
    expect(modelServers()).toEqual([]);
  });

  it.each(['http://llm.example.org', 'llm.example.org', "https://x.example 'unsafe-eval'", '*'])(
    'are not %j',
    (text) => {
      expect(() => modelServers(text)).toThrow(/MODEL_SERVERS/);
    },
  );
});
