import { useState } from 'react';
import type { SamplingRecord } from '../../database/records.ts';
import { TextField } from '../../ui/field.tsx';

interface FieldSpec {
  readonly key: keyof SamplingRecord;
  readonly label: string;
  readonly hint: string;
  readonly min: number;
  readonly max: number;
  readonly whole: boolean;
}

const FIELDS: readonly FieldSpec[] = [
  {
    key: 'temperature',
    label: 'Temperature',
    hint: '0 always takes the likeliest token; higher is more varied.',
    min: 0,
    max: 5,
    whole: false,
  },
  {
    key: 'topP',
    label: 'top_p',
    hint: 'Draws from the likeliest tokens that make up this share.',
    min: 0,
    max: 1,
    whole: false,
  },
  {
    key: 'topK',
    label: 'top_k',
    hint: 'Draws from this many tokens at most; 0 is off.',
    min: 0,
    max: 1000,
    whole: true,
  },
  {
    key: 'repetitionPenalty',
    label: 'Repetition penalty',
    hint: 'Above 1 makes repeating less likely; 1 is off.',
    min: 0,
    max: 5,
    whole: false,
  },
  {
    key: 'maxTokens',
    label: 'Longest reply, tokens',
    hint: 'Room in the window is kept for it.',
    min: 1,
    max: 100_000,
    whole: true,
  },
  {
    key: 'seed',
    label: 'Seed',
    hint: 'The same seed repeats a reply; empty draws one.',
    min: 0,
    max: 2 ** 32 - 1,
    whole: true,
  },
];

export interface SamplingFieldsProps {
  readonly sampling: SamplingRecord;
  /** Only ever called with possible values. */
  readonly onChange: (sampling: SamplingRecord) => void;
}

export function SamplingFields({ sampling, onChange }: SamplingFieldsProps) {
  return (
    <fieldset>
      <legend className="mb-2 text-sm font-medium">Sampling</legend>
      <div className="grid grid-cols-2 gap-x-4 gap-y-3 sm:grid-cols-3">
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
    </fieldset>
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
      inputMode={spec.whole ? 'numeric' : 'decimal'}
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

function problemOf({ key, min, max, whole }: FieldSpec, text: string): string | null {
  if (text.trim() === '') return key === 'seed' ? null : 'A number is needed.';
  const value = Number(text);
  if (!Number.isFinite(value)) return 'This is not a number.';
  if (whole && !Number.isInteger(value)) return 'A whole number is needed.';
  return value < min || value > max ? `From ${String(min)} to ${String(max)}.` : null;
}
