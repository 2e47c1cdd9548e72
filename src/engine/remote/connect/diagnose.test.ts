import { describe, expect, it } from 'vitest';
import { diagnose, policyBlock, type PageFacts } from './diagnose.ts';

const APP = 'https://app.example';
const POLICY =
  "default-src 'none'; connect-src 'self' blob: https://huggingface.co https://*.hf.co http://localhost:* http://127.0.0.1:*";

describe('a policy', () => {
  it.each([
    'https://app.example/v1/models',
    'http://localhost:8000/v1/models',
    'http://localhost/v1',
    'http://127.0.0.1:1/v1',
    'https://cdn.hf.co/x',
  ])('lets %s through', (url) => {
    expect(policyBlock(POLICY, url, APP)).toBeNull();
  });

  it.each([
    'https://llm.example.org/v1',
    'https://localhost:8000/',
    'https://hf.co/',
    'http://huggingface.co/',
    'https://huggingface.co:8443/',
  ])('forbids %s and says which line it needs', (url) => {
    const block = policyBlock(POLICY, url, APP);
    expect(block?.needs).toBe(`${block?.has ?? ''} ${new URL(url).origin}`);
    expect(policyBlock(`default-src 'none'; ${block?.needs ?? ''}`, url, APP)).toBeNull();
  });

  it('is asked for its default where it says nothing of connections', () => {
    expect(policyBlock("default-src 'none'", 'https://x.example/', APP)?.needs).toBe(
      'connect-src https://x.example',
    );
    expect(policyBlock("script-src 'self'", 'https://x.example/', APP)).toBeNull();
    expect(policyBlock(null, 'https://x.example/', APP)).toBeNull();
  });
});

describe('the cause of a request without an answer', () => {
  const page = (over: Partial<PageFacts> = {}): PageFacts => ({
    pageUrl: `${APP}/`,
    forbiddenBy: () => null,
    localNetwork: () => Promise.resolve('granted'),
    fetch: () => Promise.reject(new TypeError('Failed to fetch')),
    onLine: () => true,
    timeout: (ms) => AbortSignal.timeout(ms),
    ...over,
  });
  const cause = async (url: string, over: Partial<PageFacts> = {}): Promise<string> =>
    (await diagnose(url, new TypeError('Failed to fetch'), page(over))).code;

  it('is mixed content, the policy, a permission, CORS, or nobody there', async () => {
    expect(await cause('http://llm.example.org/v1/models')).toBe('server/mixed-content');
    expect(
      await cause('https://llm.example.org/v1/models', { forbiddenBy: () => ({ has: 'a', needs: 'b' }) }),
    ).toBe('server/policy');
    expect(await cause('http://localhost:8000/v1', { localNetwork: () => Promise.resolve('denied') })).toBe(
      'server/local-network',
    );
    expect(await cause('https://llm.example.org/v1', { fetch: () => Promise.resolve(new Response()) })).toBe(
      'server/cors',
    );
    expect(await cause('http://localhost:8000/v1')).toBe('server/unreachable');
    expect(await cause('https://llm.example.org/v1', { onLine: () => false })).toBe('server/unreachable');
  });

  it('is an open question of the browser only where it asks one', async () => {
    const asked: string[] = [];
    const localNetwork: PageFacts['localNetwork'] = (to) => {
      asked.push(to);
      return Promise.resolve('prompt');
    };
    expect(await cause('http://localhost:8000/v1', { localNetwork })).toBe('server/local-network');
    expect(await cause('https://192.168.1.20:8000/v1', { localNetwork })).toBe('server/local-network');
    expect(asked).toEqual(['loopback', 'local']);
    // A page of this machine is never asked.
    expect(await cause('http://localhost:8000/v1', { localNetwork, pageUrl: 'http://localhost:4173/' })).toBe(
      'server/unreachable',
    );
    expect(await cause('https://llm.example.org/v1', { localNetwork })).toBe('server/unreachable');
    expect(await cause('http://localhost:8000/v1', { localNetwork: () => Promise.resolve(null) })).toBe(
      'server/unreachable',
    );
  });

  it('names the host and the line, nothing else of the address', async () => {
    const error = await diagnose(
      'https://llm.example.org/secret-path/v1/models',
      new TypeError('x'),
      page({ forbiddenBy: (url) => policyBlock(POLICY, url, APP) }),
    );
    expect(error.details).toMatchObject({ host: 'llm.example.org' });
    expect(String(error.details.needs)).toContain('https://llm.example.org');
    expect(JSON.stringify(error.details)).not.toContain('secret-path');
  });
});
