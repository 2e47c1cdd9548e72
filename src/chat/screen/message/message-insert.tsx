import { useEffect, useId, useRef, useState } from 'react';
import type { Message, ShownMessage } from '../../../database/records.ts';
import { toAppError, type AppError } from '../../../errors/app-error.ts';
import { Button } from '../../../ui/button.tsx';
import { isOfInputMethod } from '../../../ui/input-method.ts';
import { ErrorAlert } from '../../../ui/feedback/error-alert.tsx';
import { useChat } from '../../session/chat-environment.ts';

const SIDES: readonly { readonly role: Message['role']; readonly name: string }[] = [
  { role: 'user', name: 'You' },
  { role: 'assistant', name: 'Model' },
];

/** Puts a text of either side into the chat, for trying what a model makes of it. Marked as edited wherever it is shown. */
export default function MessageInsert({
  message,
  onClose,
}: {
  readonly message: ShownMessage;
  readonly onClose: () => void;
}) {
  const { session } = useChat();
  // What usually follows: a reply to a question, a question to a reply.
  const [role, setRole] = useState<Message['role']>(message.role === 'user' ? 'assistant' : 'user');
  const [error, setError] = useState<AppError | null>(null);
  const box = useRef<HTMLTextAreaElement>(null);
  const name = useId();

  useEffect(() => {
    box.current?.focus();
  }, []);

  const insert = (): void => {
    session.insertAfter(message, role, box.current?.value ?? '').then(onClose, (thrown: unknown) => {
      setError(toAppError(thrown));
    });
  };

  return (
    <form
      aria-label="Insert a message"
      className="mt-3 border-l-2 border-line pl-4"
      onSubmit={(event) => {
        event.preventDefault();
        insert();
      }}
    >
      <fieldset className="mb-2 flex flex-wrap gap-x-4 text-sm">
        <legend className="sr-only">Whose text</legend>
        {SIDES.map((side) => (
          <label key={side.role} className="flex min-h-8 items-center gap-2 pointer-coarse:min-h-10">
            <input
              type="radio"
              name={name}
              checked={role === side.role}
              onChange={() => {
                setRole(side.role);
              }}
            />
            {side.name}
          </label>
        ))}
      </fieldset>
      <textarea
        ref={box}
        dir="auto"
        aria-label="Text to insert"
        autoComplete="off"
        onKeyDown={(event) => {
          if (isOfInputMethod(event)) return;
          if (event.key === 'Escape') {
            event.stopPropagation();
            onClose();
          } else if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
            event.preventDefault();
            insert();
          }
        }}
        className="field-sizing-content max-h-[60dvh] min-h-20 w-full resize-y rounded-md border border-line-strong bg-surface px-3 py-2 font-serif text-base"
      />
      {error && <ErrorAlert error={error} className="mt-2" />}
      <div className="mt-2 flex flex-wrap items-center gap-2">
        <Button type="submit" look="primary" size="small">
          Insert
        </Button>
        <Button size="small" onClick={onClose}>
          Cancel
        </Button>
        <p className="text-xs text-ink-muted">
          Marked as edited wherever it is shown. What followed stays as another version.
        </p>
      </div>
    </form>
  );
}
