import { expect, it } from 'vitest';
import { partOf } from './part-of.ts';

const ask = (range?: string): Promise<Response> =>
  partOf(
    new Request('https://site.example/a.gguf', range === undefined ? {} : { headers: { range } }),
    new Response('0123456789', { headers: { 'content-length': '10', etag: '"a"' } }),
  );

it.each([
  ['bytes=2-4', '234', 'bytes 2-4/10'],
  ['bytes=8-', '89', 'bytes 8-9/10'],
  ['bytes=8-99', '89', 'bytes 8-9/10'],
])('answers %s with that part of what is kept', async (range, text, contentRange) => {
  const part = await ask(range);
  expect(part.status).toBe(206);
  expect(part.headers.get('content-range')).toBe(contentRange);
  expect(part.headers.get('content-length')).toBe(String(text.length));
  expect(part.headers.get('etag')).toBe('"a"');
  expect(await part.text()).toBe(text);
});

it('refuses a part beyond the end', async () => {
  const part = await ask('bytes=10-12');
  expect(part.status).toBe(416);
  expect(part.headers.get('content-range')).toBe('bytes */10');
});

it.each([undefined, 'bytes=-3', 'bytes=0-1,4-5'])('leaves %s as it is', async (range) => {
  const whole = await ask(range);
  expect(whole.status).toBe(200);
  expect(await whole.text()).toBe('0123456789');
});
