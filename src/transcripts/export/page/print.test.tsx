// @vitest-environment happy-dom
import { afterEach, expect, it, vi } from 'vitest';
import { toDocument } from '../export-json.ts';
import { chatSaying, sourceOf } from '../../format/testing.ts';
import { printTranscript } from './print.tsx';

Object.defineProperty(document, 'compatMode', { value: 'CSS1Compat' });

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

it('asked again while it draws, it prints once, and what it drew goes', async () => {
  Object.defineProperty(document, 'fonts', { value: { ready: Promise.resolve() }, configurable: true });
  const holders = () => document.querySelectorAll('#print').length;
  const print = vi.fn(() => {
    expect(holders()).toBe(1);
  });
  vi.stubGlobal('print', print);
  const transcript = await toDocument(sourceOf([chatSaying('a', 'b')]));
  await Promise.all([printTranscript(transcript), printTranscript(transcript)]);
  expect(print).toHaveBeenCalledOnce();
  window.dispatchEvent(new Event('afterprint'));
  expect(holders()).toBe(0);
  await printTranscript(transcript);
  expect(print).toHaveBeenCalledTimes(2);
  window.dispatchEvent(new Event('afterprint'));
});
