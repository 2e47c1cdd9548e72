// @vitest-environment happy-dom
import { act } from 'react';
import { createRoot, type Root } from 'react-dom/client';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { ChatContext, type ChatEnvironment } from '../session/chat-environment.ts';
import ChatSettings from './chat-settings.tsx';
import { resetNewChatChoices, useNewChatChoices } from '../session/new-chat-choices.ts';

let root: Root;

beforeEach(() => {
  vi.stubGlobal('IS_REACT_ACT_ENVIRONMENT', true);
  resetNewChatChoices();
  const container = document.createElement('div');
  document.body.append(container);
  root = createRoot(container);
  const environment: Partial<ChatEnvironment> = { useEngineState: () => ({ status: 'idle' }) };
  act(() => {
    root.render(
      <ChatContext value={environment as ChatEnvironment}>
        <ChatSettings conversation={null} />
      </ChatContext>,
    );
  });
});

afterEach(() => {
  act(() => {
    root.unmount();
  });
  document.body.replaceChildren();
  vi.unstubAllGlobals();
});

function systemText(): HTMLTextAreaElement {
  const box = document.querySelector('textarea');
  if (!box) throw new Error('no box');
  return box;
}

it('a reset puts the system text back, also in its box, which would otherwise set it again', () => {
  const before = systemText().value;
  act(() => {
    const box = systemText();
    box.focus();
    box.value = 'Answer in verse.';
    box.blur();
  });
  expect(useNewChatChoices.getState().systemText).toBe('Answer in verse.');
  act(() => {
    const reset = [...document.querySelectorAll('button')].find((button) =>
      button.textContent.startsWith('Reset'),
    );
    reset?.click();
  });
  expect(systemText().value).toBe(before);
  act(() => {
    systemText().focus();
    systemText().blur();
  });
  expect(useNewChatChoices.getState().systemText).toBeNull();
});
