import { useId, useState } from 'react';
import { keepComparison, keepRating, type Version } from '../../conversations/data/judgements.ts';
import { conversationStore } from '../../conversations/data/store.ts';
import type { Comparison } from '../../database/records.ts';
import { CRITERIA, type Rating } from '../../lib/rating.ts';
import { RatingFields } from '../../ratings/rating-fields.tsx';
import { Button } from '../../ui/button.tsx';
import { RadioRow } from '../../ui/field.tsx';
import { showToast } from '../../ui/feedback/toast.tsx';
import { showErrorToast } from '../../ui/feedback/use-error-text.ts';

export interface JudgeProps {
  readonly left: Version;
  readonly right: Version;
  /** The right one stands first. */
  readonly swapped: boolean;
  readonly hidden: boolean;
}

type Given = Pick<Rating, 'scores' | 'flags'>;
const NOTHING: Given = { scores: {}, flags: [] };

/** Which of two replies is better, and each by nine criteria if one wants to. */
export function Judge({ left, right, swapped, hidden }: JudgeProps) {
  const known = left.comparisons?.find(({ other }) => other === right.id);
  const [better, setBetter] = useState<string>(known ? placed(known.better, swapped) : '');
  const [note, setNote] = useState(known?.note ?? '');
  const [first, second] = swapped ? [right, left] : [left, right];
  const [given, setGiven] = useState<readonly [Given, Given]>([
    first.rating ?? NOTHING,
    second.rating ?? NOTHING,
  ]);
  const noteId = useId();

  const keep = async (): Promise<void> => {
    const store = await conversationStore();
    const at = Date.now();
    for (const [side, version] of [first, second].entries()) {
      const rating = given[side] ?? NOTHING;
      // Half a rating is none.
      if (Object.keys(rating.scores).length === CRITERIA.length)
        await keepRating(store, version.id, { ...rating, at });
    }
    await keepComparison(store, left.id, {
      other: right.id,
      better: better === 'tie' ? 'tie' : (better === 'A') !== swapped ? 'this' : 'other',
      hidden: hidden || known?.hidden === true,
      swapped,
      note: note.slice(0, 10_000),
      at,
    });
    showToast('The rating is kept with the replies');
  };

  return (
    <form
      aria-label="Rating"
      className="grid gap-3 border-t border-line pt-3"
      onSubmit={(event) => {
        event.preventDefault();
        keep().catch(showErrorToast);
      }}
    >
      <RadioRow
        label="Which is better?"
        value={better}
        choices={[
          { value: 'A', label: hidden ? 'A' : 'Left' },
          { value: 'tie', label: 'Tie' },
          { value: 'B', label: hidden ? 'B' : 'Right' },
        ]}
        onChange={setBetter}
      />
      <details>
        <summary className="font-medium">Each by nine criteria</summary>
        <div className="mt-2 grid gap-6 sm:grid-cols-2">
          {([0, 1] as const).map((side) => (
            <fieldset key={side} className="grid gap-3">
              <legend className="side-head mb-1">{side === 0 ? 'First reply' : 'Second reply'}</legend>
              <RatingFields
                {...given[side]}
                onChange={(next) => {
                  setGiven(side === 0 ? [next, given[1]] : [given[0], next]);
                }}
              />
            </fieldset>
          ))}
        </div>
      </details>
      <div className="grid gap-1">
        <label htmlFor={noteId} className="font-medium">
          Note
        </label>
        <textarea
          id={noteId}
          rows={2}
          dir="auto"
          autoComplete="off"
          value={note}
          maxLength={10_000}
          onChange={(event) => {
            setNote(event.currentTarget.value);
          }}
          className="field-sizing-content max-h-40 rounded-md border border-line-strong bg-surface px-3 py-2 text-sm"
        />
      </div>
      <Button type="submit" look="primary" className="justify-self-start" disabled={better === ''}>
        Keep the rating
      </Button>
    </form>
  );
}

function placed(better: Comparison['better'], swapped: boolean): string {
  if (better === 'tie') return 'tie';
  return (better === 'this') !== swapped ? 'A' : 'B';
}
