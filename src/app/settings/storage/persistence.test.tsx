// @vitest-environment happy-dom
import { act } from 'react';
import { createRoot } from 'react-dom/client';
import { afterEach, expect, test, vi } from 'vitest';
import { Persistence } from './persistence.tsx';

afterEach(() => {
  vi.unstubAllGlobals();
});

test('a page on plain http, which has no storage manager, says so and stays up', async () => {
  vi.stubGlobal('IS_REACT_ACT_ENVIRONMENT', true);
  vi.stubGlobal('navigator', {});
  const host = document.body.appendChild(document.createElement('div'));
  const root = createRoot(host);
  await act(async () => {
    root.render(<Persistence />);
    await Promise.resolve();
  });
  expect(host.textContent).toContain('This browser does not say');
  act(() => {
    root.unmount();
  });
});
