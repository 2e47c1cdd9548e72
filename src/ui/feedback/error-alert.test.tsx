// @vitest-environment happy-dom
import { act } from 'react';
import { createRoot, type Root } from 'react-dom/client';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { AppError } from '../../errors/app-error.ts';
import { ErrorAlert } from './error-alert.tsx';

let root: Root;
let host: HTMLElement;

beforeEach(() => {
  vi.stubGlobal('IS_REACT_ACT_ENVIRONMENT', true);
  host = document.createElement('div');
  document.body.append(host);
  root = createRoot(host);
});
afterEach(() => {
  act(() => {
    root.unmount();
  });
  host.remove();
  vi.unstubAllGlobals();
});

async function buttonsFor(error: AppError): Promise<(string | null)[]> {
  await act(async () => {
    root.render(<ErrorAlert error={error} />);
    await import('../../errors/error-text.ts'); // the texts come when they are needed
  });
  return [...host.querySelectorAll('button')].map((each) => each.textContent);
}

it('offers the reload that its advice is about, and only there', async () => {
  expect(await buttonsFor(new AppError('app/part-missing', 'a chunk'))).toContain('Reload the page');
  expect(await buttonsFor(new AppError('storage/full', 'full'))).not.toContain('Reload the page');
});
