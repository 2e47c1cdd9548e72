import { useEffect, useId, useRef, useState, type KeyboardEvent } from 'react';
import { toAppError, type AppError } from '../../../errors/app-error.ts';
import { classNames } from '../../../ui/class-names.ts';
import { Button } from '../../../ui/button.tsx';
import { ErrorAlert } from '../../../ui/feedback/error-alert.tsx';
import type { SetRecord } from '../../data/set-record.ts';
import { indexOfLetter, letterOf, type Item } from '../../items/item.ts';
import type { PracticeAnswer } from '../../practice/records.ts';
import { useExams } from '../environment.ts';
import { percent } from '../../export/figures.ts';
import { ModelView, useModelAnswer, type ModelState } from './model-view.tsx';

export type Given = Pick<PracticeAnswer, 'chosen' | 'elapsedMs' | 'model'>;

/** One item: keys A–J choose, Enter checks and goes on. */
export function Question({
  set,
  item,
  feedback,
  answered,
  onCheck,
  onNext,
}: {
  readonly set: SetRecord;
  readonly item: Item;
  /** False in a mock exam: nothing is told before its end. */
  readonly feedback: boolean;
  readonly answered: PracticeAnswer | null;
  readonly onCheck: (given: Given) => Promise<void>;
  readonly onNext: () => void;
}) {
  const id = useId();
  const [chosen, setChosen] = useState<number | null>(answered?.chosen ?? null);
  const [error, setError] = useState<AppError | null>(null);
  const [started] = useState(() => performance.now());
  const article = useRef<HTMLElement>(null);
  const model = useModelAnswer(set, feedback ? item : null);
  const done = answered !== null && feedback;

  useEffect(() => {
    // The keys work at once, without a click first; a screen reader begins with the question.
    article.current?.focus();
  }, []);

  const check = (): void => {
    if (chosen === null || answered !== null) return;
    setError(null);
    onCheck({
      chosen,
      elapsedMs: performance.now() - started,
      model: model.kind === 'answered' ? model.answer : null,
    }).catch((thrown: unknown) => {
      setError(toAppError(thrown));
    });
  };

  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === 'Enter' && !(event.target instanceof HTMLButtonElement)) {
      event.preventDefault();
      if (done) onNext();
      else check();
      return;
    }
    const index = indexOfLetter(event.key);
    if (done || index < 0 || index >= item.options.length) return;
    event.preventDefault();
    setChosen(index);
  };

  return (
    // The whole question takes the keys, so that A to J work wherever in it the focus is.
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions -- its radios are the operable parts
    <article
      ref={article}
      aria-label="Question"
      tabIndex={-1}
      onKeyDown={onKeyDown}
      className="grid gap-4 focus-visible:outline-none"
    >
      {item.subject !== '' && <p className="text-xs text-ink-muted">{item.subject}</p>}
      {item.context !== '' && (
        <p className="max-w-measure font-serif text-base whitespace-pre-wrap">{item.context}</p>
      )}
      <p id={`${id}-question`} className="max-w-measure font-serif text-lg whitespace-pre-wrap">
        {item.question}
      </p>
      <div role="radiogroup" aria-label="Options" aria-describedby={`${id}-question`} className="grid gap-1">
        {item.options.map((option, index) => {
          const right = done && item.answer.includes(index);
          const wrong = done && chosen === index && !right && item.answer.length > 0;
          return (
            <label
              key={index}
              className={classNames(
                'grid grid-cols-[auto_auto_1fr_auto] items-baseline gap-x-2 rounded-md border px-3 py-2 font-serif text-base',
                right
                  ? 'border-ok'
                  : wrong
                    ? 'border-danger'
                    : chosen === index
                      ? 'border-accent'
                      : 'border-transparent',
                !done && 'cursor-pointer hover:bg-sunken',
              )}
            >
              <input
                type="radio"
                name={`${id}-options`}
                // Beside the first of an option’s lines, as its letter is.
                className="mt-[0.325rem] size-4 self-start"
                checked={chosen === index}
                disabled={done}
                onChange={() => {
                  setChosen(index);
                }}
              />
              <span className="font-sans text-sm font-medium">{letterOf(index)}</span>
              <span>{option}</span>
              {(right || wrong) && (
                <span className={classNames('font-sans text-xs', right ? 'text-ok' : 'text-danger')}>
                  {right ? 'right' : 'your answer'}
                </span>
              )}
            </label>
          );
        })}
      </div>
      {error && <ErrorAlert error={error} />}
      {done ? (
        <Checked item={item} chosen={answered.chosen} model={model} onNext={onNext} />
      ) : (
        <div className="flex flex-wrap items-center gap-3">
          <Button look="primary" disabled={chosen === null} onClick={check}>
            Check
          </Button>
          <span className="text-xs text-ink-muted pointer-coarse:hidden">
            Keys A–{letterOf(item.options.length - 1)} choose, Enter checks
          </span>
        </div>
      )}
    </article>
  );
}

function Checked({
  item,
  chosen,
  model,
  onNext,
}: {
  readonly item: Item;
  readonly chosen: number;
  readonly model: ModelState;
  readonly onNext: () => void;
}) {
  const { askInChat } = useExams();
  const next = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    next.current?.focus();
  }, []);
  const verdict =
    item.answer.length === 0
      ? 'This question has no key.'
      : item.answer.includes(chosen)
        ? 'Right.'
        : `Not right: the key is ${item.answer.map(letterOf).join(', ')}.`;
  return (
    <div className="grid gap-4">
      <p role="status" className="font-medium">
        {verdict}
      </p>
      {item.explanation !== '' && (
        <p className="max-w-measure font-serif text-base whitespace-pre-wrap">{item.explanation}</p>
      )}
      <ModelView state={model} item={item} />
      <div className="flex flex-wrap gap-2">
        <Button ref={next} look="primary" onClick={onNext}>
          Next question
        </Button>
        <Button
          onClick={() => {
            void askInChat(whyText(item, chosen, model));
          }}
        >
          Ask why
        </Button>
      </div>
    </div>
  );
}

/** The item with both answers, as a question to the model. */
export function whyText(item: Item, chosen: number | null, model: ModelState | null): string {
  const options = item.options.map((option, index) => `${letterOf(index)}. ${option}`).join('\n');
  const lines = [item.context, `${item.question}\n${options}`];
  if (item.answer.length > 0) lines.push(`The key says ${item.answer.map(letterOf).join(', ')}.`);
  if (chosen !== null) lines.push(`I answered ${letterOf(chosen)}.`);
  if (model?.kind === 'answered') {
    const { chosen: choice, probabilities, displayName } = model.answer;
    lines.push(`${displayName} gave ${letterOf(choice)} ${percent(probabilities[choice] ?? 0)}.`);
  }
  lines.push('Explain why the right answer is right and the others are not.');
  return lines.filter((line) => line !== '').join('\n\n');
}
