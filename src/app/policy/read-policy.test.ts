import fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import { AppError } from '../../errors/app-error.ts';
import { isServerAllowed, NO_POLICY, policyOf } from '../../preferences/site-policy.ts';
import { readPolicy } from './read-policy.ts';

const URL_OF_CONFIG = 'https://host.example/config.json';

function site(answer: () => Response | Promise<Response>, kept: string | null = null) {
  const stored = new Map(kept === null ? [] : [['meditron-policy', kept]]);
  const fetch = vi.fn(() => Promise.resolve().then(answer));
  const storage = () => ({
    getItem: (key: string) => stored.get(key) ?? null,
    setItem: (key: string, value: string) => void stored.set(key, value),
  });
  return { read: () => readPolicy(URL_OF_CONFIG, { fetch, storage }), stored };
}
const json = (value: unknown, status = 200) => new Response(JSON.stringify(value), { status });
const offline = () => Promise.reject(new TypeError('Failed to fetch'));

test('no file, a page in its place, and a file without rules are no policy', async () => {
  for (const answer of [
    () => new Response('', { status: 404 }),
    () => new Response('', { status: 403 }),
    () => new Response('<!doctype html>', { headers: { 'content-type': 'text/html' } }),
    () => json({ schema: 1 }),
  ])
    expect(await site(answer).read()).toEqual(NO_POLICY);
});

test('"Offline only" is a rule wherever it stands', () => {
  for (const config of [
    { offlineOnly: true },
    { policy: { offlineOnly: true } },
    { offlineOnly: true, policy: {} },
  ])
    expect(policyOf(config).offlineOnly).toBe(true);
});

test('rules are read, and hold offline', async () => {
  const policy = { retentionDays: 30, shareLinks: false, allowedServers: ['https://llm.hospital.example/'] };
  const online = site(() => json({ schema: 1, models: [], policy }));
  const expected = { ...NO_POLICY, ...policy, allowedServers: ['https://llm.hospital.example'] };
  expect(await online.read()).toEqual(expected);
  expect(await site(offline, online.stored.get('meditron-policy')).read()).toEqual(expected);
  // A site that fails says nothing new.
  expect(await site(() => json({}, 500), online.stored.get('meditron-policy')).read()).toEqual(expected);
  // One that took its rules back does.
  const without = site(() => json({ schema: 1 }), online.stored.get('meditron-policy'));
  expect(await without.read()).toEqual(NO_POLICY);
  expect(await site(offline, without.stored.get('meditron-policy')).read()).toEqual(NO_POLICY);
});

test.each([
  [{ policy: { retention: 3 } }, 'policy.retention is no rule this version knows'],
  [{ policy: { retentionDays: 0 } }, 'policy.retentionDays must be a whole number from 1'],
  [{ policy: { retentionDays: '30' } }, 'policy.retentionDays must be'],
  [{ policy: { exports: 'no' } }, 'policy.exports must be true or false'],
  [{ policy: { allowedServers: ['llm.example'] } }, 'policy.allowedServers must be a list'],
  [{ policy: { allowedServers: ['https://a.example/path'] } }, 'policy.allowedServers must be a list'],
  [{ policy: [] }, 'policy is no object'],
  [{ policy: null }, 'policy is no object'],
  [[], 'config.json is no object'],
])('%j is refused, by name', async (config, problem) => {
  const refused = site(() => json(config), JSON.stringify({ policy: {} })).read();
  await expect(refused).rejects.toMatchObject({ code: 'policy/broken' });
  await expect(refused).rejects.toThrow(problem);
});

test('a file that is no JSON is refused, and so is a site of which nothing is known', async () => {
  await expect(site(() => new Response('{"policy":')).read()).rejects.toMatchObject({
    code: 'policy/broken',
  });
  await expect(site(offline).read()).rejects.toMatchObject({ code: 'policy/unreachable' });
  await expect(site(() => json({}, 503)).read()).rejects.toMatchObject({ code: 'policy/unreachable' });
});

test('whatever stands in the file, it is a policy or a typed refusal', () => {
  const rule = fc.constantFrom(...Object.keys(NO_POLICY), 'other', '__proto__', 'constructor');
  fc.assert(
    fc.property(fc.dictionary(rule, fc.jsonValue()), (policy) => {
      try {
        expect(Object.keys(policyOf({ policy })).sort()).toEqual(Object.keys(NO_POLICY).sort());
      } catch (error) {
        expect(error).toBeInstanceOf(AppError);
        expect((error as AppError).code).toBe('policy/broken');
      }
    }),
    { numRuns: 500 },
  );
});

test('servers are told apart by origin', () => {
  const policy = { ...NO_POLICY, allowedServers: ['https://llm.example:8443'] };
  expect(isServerAllowed('https://llm.example:8443/v1', policy)).toBe(true);
  for (const url of [
    'https://llm.example/v1',
    'http://llm.example:8443/',
    'https://llm.example:8443.evil/',
    'x',
  ])
    expect(isServerAllowed(url, policy)).toBe(false);
  expect(isServerAllowed('https://anything.example', NO_POLICY)).toBe(true);
});
