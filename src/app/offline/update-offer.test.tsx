// @vitest-environment happy-dom
import { act } from 'react';
import { createRoot } from 'react-dom/client';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { ActiveAcquisition } from '../../models/acquire/workers/acquire-protocol.ts';
import { useModels } from '../../models/screen/models-store.ts';
import { useOffline } from './offline-state.ts';
import { UpdateOffer } from './update-offer.tsx';

const JOB: ActiveAcquisition = {
  installId: 'meditron-7b:q4f16_1',
  modelId: 'meditron-7b',
  kind: 'convert',
  progress: { phase: 'transferring', doneBytes: 1, totalBytes: 2, bytesPerSecond: 1 },
};

beforeEach(() => {
  vi.stubGlobal('IS_REACT_ACT_ENVIRONMENT', true);
});
afterEach(() => {
  useModels.setState({ active: null });
  useOffline.setState({ update: 'none' });
  vi.unstubAllGlobals();
});

test('an update is offered, and waits while a model is on its way', () => {
  const host = document.body.appendChild(document.createElement('div'));
  const root = createRoot(host);
  act(() => {
    root.render(<UpdateOffer />);
  });
  expect(host.textContent).toBe('');
  act(() => {
    useOffline.setState({ update: 'offered' });
  });
  expect(host.querySelector('button')?.disabled).toBe(false);
  act(() => {
    useModels.setState({ active: JOB });
  });
  expect(host.querySelector('button')?.disabled).toBe(true);
  expect(host.textContent).toContain('once the model is done');
  act(() => {
    useModels.setState({ active: null });
    useOffline.setState({ update: 'taking' });
  });
  expect(host.querySelector('button')?.disabled).toBe(true);
  act(() => {
    useOffline.setState({ update: 'late' });
  });
  expect(host.textContent).toContain('the older one is still at work');
  expect(host.querySelector('button')?.textContent).toBe('Try again');
  expect(host.querySelector('button')?.disabled).toBe(false);
  act(() => {
    root.unmount();
  });
});
