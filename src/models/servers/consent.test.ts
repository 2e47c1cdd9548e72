import { afterEach, expect, it, vi } from 'vitest';
import { forgetConsent, hasAgreed, requireConsent, useConsent } from './consent.ts';

const SERVER = { id: 'a', name: 'Ward', host: 'llm.example.org', model: 'm' };

afterEach(() => {
  forgetConsent('a');
});

it('is asked once, for all who wait for it', async () => {
  const both = Promise.all([requireConsent(SERVER), requireConsent(SERVER)]);
  expect(useConsent.getState().question?.server).toEqual(SERVER);
  useConsent.getState().question?.answer(true);
  await both;
  expect(hasAgreed('a')).toBe(true);
  await requireConsent(SERVER);
  expect(useConsent.getState().question).toBeNull();
});

it('refused sends nothing, and is asked again the next time', async () => {
  const refused = requireConsent(SERVER);
  useConsent.getState().question?.answer(false);
  await expect(refused).rejects.toMatchObject({ code: 'server/unconfirmed' });
  expect(hasAgreed('a')).toBe(false);
  const stop = new AbortController();
  const stopped = requireConsent(SERVER, stop.signal);
  expect(useConsent.getState().question).not.toBeNull();
  stop.abort();
  await expect(stopped).rejects.toMatchObject({ code: 'server/unconfirmed' });
  expect(useConsent.getState().question).toBeNull();
});

it('is asked of whoever still waits when the first that asked was stopped', async () => {
  const stop = new AbortController();
  const stopped = requireConsent(SERVER, stop.signal);
  const waiting = requireConsent(SERVER);
  stop.abort();
  await expect(stopped).rejects.toMatchObject({ code: 'server/unconfirmed' });
  await vi.waitFor(() => {
    expect(useConsent.getState().question?.server).toEqual(SERVER);
  });
  useConsent.getState().question?.answer(true);
  await waiting;
  expect(hasAgreed('a')).toBe(true);
});

it('of one server is no answer for another', async () => {
  const other = { ...SERVER, id: 'b' };
  const first = requireConsent(SERVER);
  const second = requireConsent(other);
  useConsent.getState().question?.answer(false);
  await expect(first).rejects.toMatchObject({ code: 'server/unconfirmed' });
  await vi.waitFor(() => {
    expect(useConsent.getState().question?.server).toEqual(other);
  });
  useConsent.getState().question?.answer(true);
  await second;
  expect([hasAgreed('a'), hasAgreed('b')]).toEqual([false, true]);
  forgetConsent('b');
});
