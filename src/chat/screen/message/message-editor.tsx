import { useEffect, useRef, useState, type KeyboardEvent } from 'react';
import type { ShownMessage } from '../../../database/records.ts';
import { toAppError, type AppError } from '../../../errors/app-error.ts';
import { Button } from '../../../ui/button.tsx';
import { isOfInputMethod } from '../../../ui/input-method.ts';
import { ErrorAlert } from '../../../ui/feedback/error-alert.tsx';
import { useChat } from '../../session/chat-environment.ts';

/** Edits in place. A question is asked anew, or like a reply changed by hand and marked so. The version before stays. */
export function MessageEditor({
  message,
  onClose,
}: {
  readonly message: ShownMessage;
  readonly onClose: () => void;
}) {
  const { session } = useChat();
  const box = useRef<HTMLTextAreaElement>(null);
  const [error, setError] = useState<AppError | null>(null);
  const saving = useRef(false);
  const person = message.role === 'user';

  useEffect(() => {
    const area = box.current;
    area?.focus();
    area?.setSelectionRange(area.value.length, area.value.length);
  }, []);

  const save = (ask: boolean): void => {
    // A long question is measured first, which may take a model's loading: a second press must not ask it twice.
    if (saving.current) return;
    saving.current = true;
    const text = box.current?.value ?? '';
    const done = ask ? session.editQuestion(message, text) : session.editText(message.id, text);
    done.then(onClose, (thrown: unknown) => {
      saving.current = false;
      setError(toAppError(thrown));
    });
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (isOfInputMethod(event)) return;
    if (event.key === 'Escape') {
      event.stopPropagation();
      onClose();
    } else if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      save(person);
    }
  };

  return (
    <form
      className="mb-4"
      onSubmit={(event) => {
        event.preventDefault();
        save(person);
      }}
    >
      <textarea
        ref={box}
        dir="auto"
        aria-label={person ? 'Your question' : 'Reply text'}
        autoComplete="off"
        defaultValue={message.text}
        onKeyDown={onKeyDown}
        className="field-sizing-content max-h-[60dvh] min-h-20 w-full resize-y rounded-md border border-line-strong bg-surface px-3 py-2 font-serif text-base"
      />
      {error && <ErrorAlert error={error} className="mt-2" />}
      <div className="mt-2 flex flex-wrap items-center gap-2">
        <Button type="submit" look="primary" size="small">
          {person ? 'Ask again' : 'Save'}
        </Button>
        {person && (
          <Button
            size="small"
            onClick={() => {
              save(false);
            }}
          >
            Save without asking
          </Button>
        )}
        <Button size="small" onClick={onClose}>
          Cancel
        </Button>
        <p className="text-xs text-ink-muted">
          {person
            ? 'The question as it was stays as an earlier version. Saved without asking, it is marked as edited.'
            : 'Marked as edited wherever it is shown.'}
        </p>
      </div>
    </form>
  );
}
