import type { ChangeEvent, Ref } from 'react';
import { classNames } from '../../ui/class-names.ts';
import { textOf, type Segment } from './segments.ts';

export interface MarkedAreaProps {
  readonly ref: Ref<HTMLTextAreaElement>;
  readonly segments: readonly Segment[];
  readonly readOnly: boolean;
  readonly describedBy: string;
  /** @param caret where it stands in the new text. */
  readonly onText: (text: string, caret: number) => void;
  readonly onFocus: () => void;
}

export const TEXT_LABEL = 'Text';

/** Set alike, so that the marks lie under the words. */
const SET = 'col-start-1 row-start-1 px-3 py-2.5 font-serif text-base wrap-anywhere whitespace-pre-wrap';

/** A text box whose text by the model is marked: a box can't mark its own, so the same text lies beneath it, unseen but for its marks. */
export function MarkedArea({ ref, segments, readOnly, describedBy, onText, onFocus }: MarkedAreaProps) {
  return (
    // The text beneath is what makes the box as high as it must be.
    <div className="grid min-h-[40dvh] rounded-md border border-line-strong bg-surface outline-accent focus-within:border-accent has-[textarea:focus]:outline">
      <div aria-hidden dir="auto" className={classNames(SET, 'text-transparent select-none')}>
        {segments.map(({ role, text }, index) =>
          role === 'assistant' ? (
            <mark
              key={index}
              className="bg-accent-soft text-transparent underline decoration-accent/40 underline-offset-4"
            >
              {text}
            </mark>
          ) : (
            <span key={index}>{text}</span>
          ),
        )}
        {/* A line that is empty so far has its height. */}
        {'\u200b'}
      </div>
      <textarea
        ref={ref}
        dir="auto"
        aria-label={TEXT_LABEL}
        aria-describedby={describedBy}
        data-kept
        autoComplete="off"
        placeholder="Begin a text; the model goes on where it ends"
        readOnly={readOnly}
        value={textOf(segments)}
        onChange={({ currentTarget }: ChangeEvent<HTMLTextAreaElement>) => {
          onText(currentTarget.value, currentTarget.selectionEnd);
        }}
        onFocus={onFocus}
        className={classNames(SET, 'size-full resize-none overflow-hidden bg-transparent outline-none')}
      />
    </div>
  );
}
