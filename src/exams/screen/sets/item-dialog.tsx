import { useState } from 'react';
import { conversationStore } from '../../../conversations/data/store.ts';
import { AppError } from '../../../errors/app-error.ts';
import { Button } from '../../../ui/button.tsx';
import { Dialog } from '../../../ui/dialog.tsx';
import { ErrorAlert } from '../../../ui/feedback/error-alert.tsx';
import { TextField } from '../../../ui/field.tsx';
import { updateItem } from '../../data/sets.ts';
import type { SetRecord } from '../../data/set-record.ts';
import { itemSchema, letterOf, type Item } from '../../items/item.ts';
import { MAX_NAME_CHARACTERS } from '../../items/limits.ts';
import { useAct } from '../use-act.ts';

/** As strict as an import. @throws AppError `exams/bad-question` */
export function editedItem(draft: Item): Item {
  const parsed = itemSchema.safeParse(draft);
  if (!parsed.success)
    throw new AppError('exams/bad-question', parsed.error.issues[0]?.message ?? 'not a question');
  const { question, options } = parsed.data;
  if (question.trim() === '' || options.filter((option) => option.trim() !== '').length < 2)
    throw new AppError('exams/bad-question', 'no question, or fewer than two options');
  return parsed.data;
}

const AREA = 'w-full rounded-md border border-line-strong bg-surface p-2 font-serif text-base font-normal';

/** One question, to read or to change: its text, options, key and explanation. */
export function ItemDialog({
  set,
  item,
  onClose,
}: {
  readonly set: SetRecord;
  readonly item: Item;
  readonly onClose: () => void;
}) {
  const [draft, setDraft] = useState(item);
  const { act, error, busy } = useAct();
  const change = (part: Partial<Item>): void => {
    setDraft({ ...draft, ...part });
  };
  return (
    <Dialog open title="Edit the question" onClose={onClose}>
      <form
        className="grid gap-4 text-sm"
        onSubmit={(event) => {
          event.preventDefault();
          act(async () => {
            await updateItem(await conversationStore(), set.id, editedItem(draft));
            onClose();
          });
        }}
      >
        {draft.context !== '' && (
          <details>
            <summary className="cursor-pointer text-accent">The text before the question</summary>
            <p className="mt-1 font-serif whitespace-pre-wrap">{draft.context}</p>
          </details>
        )}
        <label className="grid gap-1 font-medium">
          Question
          <textarea
            rows={4}
            value={draft.question}
            disabled={set.builtIn}
            onChange={(event) => {
              change({ question: event.currentTarget.value });
            }}
            className={AREA}
          />
        </label>
        <fieldset className="grid gap-2">
          <legend className="mb-1 font-medium">Options; a tick marks the right ones</legend>
          {draft.options.map((option, index) => (
            <div key={index} className="grid grid-cols-[auto_1fr] items-center gap-2">
              <input
                type="checkbox"
                className="size-4"
                aria-label={`${letterOf(index)} is right`}
                disabled={set.builtIn}
                checked={draft.answer.includes(index)}
                onChange={(event) => {
                  const answer = event.currentTarget.checked
                    ? [...draft.answer, index].sort((a, b) => a - b)
                    : draft.answer.filter((each) => each !== index);
                  change({ answer });
                }}
              />
              <input
                aria-label={`Option ${letterOf(index)}`}
                value={option}
                disabled={set.builtIn}
                onChange={(event) => {
                  const text = event.currentTarget.value;
                  change({ options: draft.options.map((each, at) => (at === index ? text : each)) });
                }}
                className="min-h-10 w-full rounded-md border border-line-strong bg-surface px-3 font-serif text-base"
              />
            </div>
          ))}
        </fieldset>
        <label className="grid gap-1 font-medium">
          Explanation
          <textarea
            rows={3}
            value={draft.explanation}
            disabled={set.builtIn}
            onChange={(event) => {
              change({ explanation: event.currentTarget.value });
            }}
            className={AREA}
          />
        </label>
        <TextField
          label="Subject"
          value={draft.subject}
          maxLength={MAX_NAME_CHARACTERS}
          disabled={set.builtIn}
          onChange={(event) => {
            change({ subject: event.currentTarget.value });
          }}
        />
        {error && <ErrorAlert error={error} />}
        <div className="flex gap-2">
          {!set.builtIn && (
            <Button type="submit" look="primary" disabled={busy || draft === item}>
              Save
            </Button>
          )}
          <Button onClick={onClose}>{set.builtIn ? 'Done' : 'Leave as it was'}</Button>
        </div>
      </form>
    </Dialog>
  );
}
