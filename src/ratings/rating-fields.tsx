import { CRITERIA, ERROR_FLAGS, type Rating } from '../lib/rating.ts';
import { Checkbox, RadioRow } from '../ui/field.tsx';

type Given = Pick<Rating, 'scores' | 'flags'>;

export interface RatingFieldsProps extends Given {
  readonly onChange: (given: Given) => void;
}

/** Nine criteria from 1 to 5, and what is wrong with a reply. */
export function RatingFields({ scores, flags, onChange }: RatingFieldsProps) {
  return (
    <>
      {CRITERIA.map(({ id, name }) => (
        <RadioRow
          key={id}
          label={name}
          value={String(scores[id] ?? '')}
          choices={['1', '2', '3', '4', '5'].map((value) => ({ value, label: value }))}
          onChange={(value) => {
            onChange({ scores: { ...scores, [id]: Number(value) }, flags });
          }}
        />
      ))}
      <fieldset className="flex flex-wrap gap-5">
        <legend className="mb-1 text-sm font-medium">What is wrong with it</legend>
        {ERROR_FLAGS.map(({ id, name }) => (
          <Checkbox
            key={id}
            label={name}
            checked={flags.includes(id)}
            onChange={(on) => {
              onChange({ scores, flags: on ? [...flags, id] : flags.filter((each) => each !== id) });
            }}
          />
        ))}
      </fieldset>
    </>
  );
}
