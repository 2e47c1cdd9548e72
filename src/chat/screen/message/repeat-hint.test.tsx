// @vitest-environment happy-dom
import { act } from 'react';
import { createRoot, type Root } from 'react-dom/client';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { Provenance, ShownMessage } from '../../../database/records.ts';
import { ChatContext, type ChatEnvironment } from '../../session/chat-environment.ts';
import { RepeatHint } from './repeat-hint.tsx';

let root: Root;
const regenerate = vi.fn(() => Promise.resolve());

beforeEach(() => {
  vi.stubGlobal('IS_REACT_ACT_ENVIRONMENT', true);
  regenerate.mockClear();
  root = createRoot(document.body.appendChild(document.createElement('div')));
});

afterEach(() => {
  act(() => {
    root.unmount();
  });
  document.body.replaceChildren();
  vi.unstubAllGlobals();
});

function show(
  temperature: number,
  seed: number | null,
  versions: number,
  provenance: Partial<Provenance> = {},
): HTMLButtonElement | null {
  const environment = { session: { regenerate } } as unknown as ChatEnvironment;
  const message: unknown = {
    id: 'r',
    edited: false,
    provenance: { sampling: { temperature, seed }, ...provenance },
  };
  act(() => {
    root.render(
      <ChatContext value={environment}>
        <RepeatHint message={message as ShownMessage} versions={versions} />
      </ChatContext>,
    );
  });
  return document.querySelector('button');
}

it('says why a second reply is the same, and asks for another at a higher temperature', () => {
  const button = show(0, null, 2);
  expect(document.body.textContent).toContain('At temperature 0 the model writes the same reply every time.');
  act(() => button?.click());
  expect(regenerate).toHaveBeenCalledWith(expect.objectContaining({ id: 'r' }), {
    variation: { temperature: 0.6, seed: null },
  });
});

it('says it of a fixed seed, too', () => {
  const button = show(0.7, 12, 2);
  act(() => button?.click());
  expect(document.body.textContent).toContain('With the seed 12');
  expect(regenerate).toHaveBeenCalledWith(expect.objectContaining({ id: 'r' }), {
    variation: { seed: null },
  });
});

it('is silent about a first reply and about those that differ', () => {
  expect(show(0, null, 1)).toBeNull();
  expect(show(0.7, null, 2)).toBeNull();
  expect(show(0, null, 2, { branch: { messageId: 'm', token: 3 } })).toBeNull();
});
