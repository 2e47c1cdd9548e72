import { SAMPLING_BOUNDS, type Sampling, type SamplingNumbers } from '../../lib/sampling.ts';
import { useState } from 'react';

import { Checkbox, TextField } from '../../ui/field.tsx';

/** As many as the list beside a token shows. */
const KEPT_ALTERNATIVES = 5;

interface FieldSpec {
  readonly key: keyof SamplingNumbers;
  readonly label: string;
  readonly hint: string;
}

const FIELDS: readonly FieldSpec[] = [
  {
    key: 'temperature',
    label: 'Temperature',
    hint: '0 always takes the likeliest token; higher is more varied.',
  },
  {
    key: 'topP',
    label: 'top_p',
    hint: 'Draws from the likeliest tokens that make up this share.',
  },
  {
    key: 'topK',
    label: 'top_k',
    hint: 'Draws from this many tokens at most; 0 is off.',
  },
  {
    key: 'repetitionPenalty',
    label: 'Repetition penalty',
    hint: 'Above 1 makes repeating less likely; 1 is off.',
  },
  {
    key: 'maxTokens',
    label: 'Longest reply, tokens',
    hint: 'Room in the window is kept for it.',
  },
  {
    key: 'seed',
    label: 'Seed',
    hint: 'The same seed repeats a reply; empty draws one.',
  },
];

export interface SamplingFieldsProps {
  readonly sampling: Sampling;
  /** Only ever called with possible values. */
  readonly onChange: (sampling: Sampling) => void;
}

export function SamplingFields({ sampling, onChange }: SamplingFieldsProps) {
  return (
    <fieldset className="@container">
      <legend className="mb-2 text-sm font-medium">Sampling</legend>
      <div className="grid grid-cols-2 gap-x-4 gap-y-3 @md:grid-cols-3">
        {FIELDS.map((spec) => (
          <NumberField
            // A reset from outside brings a new value and with it a new field.
            key={`${spec.key}/${String(sampling[spec.key])}`}
            spec={spec}
            value={sampling[spec.key]}
            onChange={(value) => {
              onChange({ ...sampling, [spec.key]: value });
            }}
          />
        ))}
      </div>
      <div className="mt-3">
        <KeepTokens
          key={String(sampling.topAlternatives)}
          kept={sampling.topAlternatives !== undefined}
          onChange={(keep) => {
            const { topAlternatives: _, ...rest } = sampling;
            onChange(keep ? { ...rest, topAlternatives: KEPT_ALTERNATIVES } : rest);
          }}
        />
      </div>
    </fieldset>
  );
}

/** Says at once what was chosen: a chat's row comes a moment later. */
function KeepTokens({
  kept,
  onChange,
}: {
  readonly kept: boolean;
  readonly onChange: (keep: boolean) => void;
}) {
  const [keep, setKeep] = useState(kept);
  return (
    <Checkbox
      label="Keep token probabilities"
      hint="With each reply: how sure the model was of every token, and the five likeliest in its place. Takes room."
      checked={keep}
      onChange={(wanted) => {
        setKeep(wanted);
        onChange(wanted);
      }}
    />
  );
}

function NumberField({
  spec,
  value,
  onChange,
}: {
  readonly spec: FieldSpec;
  readonly value: number | null;
  readonly onChange: (value: number | null) => void;
}) {
  const [text, setText] = useState(value === null ? '' : String(value));
  const problem = problemOf(spec, text);
  return (
    <TextField
      label={spec.label}
      hint={spec.hint}
      {...(problem !== null && { error: problem })}
      inputMode={SAMPLING_BOUNDS[spec.key].whole ? 'numeric' : 'decimal'}
      value={text}
      onChange={(event) => {
        setText(event.currentTarget.value);
      }}
      onBlur={() => {
        const next = text.trim() === '' ? null : Number(text);
        if (problem === null && next !== value) onChange(next);
      }}
    />
  );
}

function problemOf({ key }: FieldSpec, text: string): string | null {
  const { min, max, whole } = SAMPLING_BOUNDS[key];
  if (text.trim() === '') return key === 'seed' ? null : 'A number is needed.';
  const value = Number(text);
  if (!Number.isFinite(value)) return 'This is not a number.';
  if (whole && !Number.isInteger(value)) return 'A whole number is needed.';
  return value < min || value > max ? `From ${String(min)} to ${String(max)}.` : null;
}
