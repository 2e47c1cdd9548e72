// @vitest-environment happy-dom
import { act } from 'react';
import { createRoot, type Root } from 'react-dom/client';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { ShownMessage } from '../../../database/records.ts';
import { deferred } from '../../../lib/deferred.ts';
import { AppError } from '../../../errors/app-error.ts';
import { ChatContext, type ChatEnvironment } from '../../session/chat-environment.ts';
import { MessageEditor } from './message-editor.tsx';

let root: Root;

beforeEach(() => {
  vi.stubGlobal('IS_REACT_ACT_ENVIRONMENT', true);
  root = createRoot(document.body.appendChild(document.createElement('div')));
});

afterEach(() => {
  act(() => {
    root.unmount();
  });
  document.body.replaceChildren();
  vi.unstubAllGlobals();
});

it('asks once, however often it is pressed while it is under way, and again after a refusal', async () => {
  const first = deferred<undefined>();
  const editQuestion = vi.fn(() => first.promise);
  const onClose = vi.fn();
  const environment = { session: { editQuestion } } as unknown as ChatEnvironment;
  const message = { id: 'q', conversationId: 'c', parentId: null, role: 'user', text: 'Why?' };
  act(() => {
    root.render(
      <ChatContext value={environment}>
        <MessageEditor message={message as ShownMessage} onClose={onClose} />
      </ChatContext>,
    );
  });
  const press = (): void => {
    act(() => {
      document.querySelector<HTMLButtonElement>('button[type=submit]')?.click();
    });
  };
  press();
  press();
  expect(editQuestion).toHaveBeenCalledTimes(1);
  await act(async () => {
    first.reject(new AppError('prompt/message-too-long', 'too long'));
    await first.promise.catch(() => undefined);
  });
  expect(onClose).not.toHaveBeenCalled();
  editQuestion.mockResolvedValue(undefined);
  press();
  await vi.waitFor(() => {
    expect(onClose).toHaveBeenCalledOnce();
  });
  expect(editQuestion).toHaveBeenCalledTimes(2);
});
