import { useState } from 'react';
import { bannedTokensSchema, stopsSchema, type BannedToken } from '../../lib/prompt-settings-schema.ts';
import { TextField } from '../../ui/field.tsx';

/** Spaces count in a stop, ends of lines are written `\n`. */
function readStops(text: string): string[] | null {
  const stops = text
    .split('|')
    .filter((each) => each !== '')
    .map((each) => each.replaceAll('\\n', '\n').replaceAll('\\t', '\t'));
  return stopsSchema.safeParse(stops).data ?? null;
}

function writeStops(stops: readonly string[]): string {
  return stops.map((stop) => stop.replaceAll('\n', '\\n').replaceAll('\t', '\\t')).join('|');
}

function readBanned(text: string, known: readonly BannedToken[]): BannedToken[] | null {
  const ids = text.split(/[\s,]+/).filter((each) => each !== '');
  const tokens = ids.map((each) => {
    const id = Number(each);
    return { id, text: known.find((token) => token.id === id)?.text ?? '' };
  });
  return bannedTokensSchema.safeParse(tokens).data ?? null;
}

export interface EndFieldsProps {
  readonly stops: readonly string[];
  readonly bannedTokens: readonly BannedToken[];
  readonly formatStops: readonly string[];
  readonly onStops: (stops: string[]) => void;
  readonly onBannedTokens: (tokens: BannedToken[]) => void;
}

/** What ends a reply, and which tokens it never holds. */
export function EndFields({ stops, bannedTokens, formatStops, onStops, onBannedTokens }: EndFieldsProps) {
  const shownStops = writeStops(stops);
  const shownTokens = bannedTokens.map(({ id }) => id).join(', ');
  return (
    <div className="grid grid-cols-1 gap-3">
      <Field
        key={`stops/${shownStops}`}
        label="More stop texts"
        hint={`Divided by |, an end of line as \\n. The format’s own always end a reply: ${formatStops.join('  ')}`}
        value={shownStops}
        problem={(text) => (readStops(text) ? null : 'At most 16, each of at most 64 characters.')}
        onChange={(text) => {
          const next = readStops(text);
          if (next) onStops(next);
        }}
      />
      <Field
        key={`banned/${shownTokens}`}
        label="Banned tokens"
        hint={
          bannedTokens.some(({ text }) => text !== '')
            ? `Never written: ${bannedTokens.map(({ id, text }) => `“${text || String(id)}”`).join(', ')}`
            : 'Numbers of tokens in the model’s vocabulary that are never written.'
        }
        value={shownTokens}
        problem={(text) => (readBanned(text, bannedTokens) ? null : 'Whole numbers, at most 256 of them.')}
        onChange={(text) => {
          const next = readBanned(text, bannedTokens);
          if (next) onBannedTokens(next);
        }}
      />
    </div>
  );
}

function Field({
  label,
  hint,
  value,
  problem,
  onChange,
}: {
  readonly label: string;
  readonly hint: string;
  readonly value: string;
  readonly problem: (text: string) => string | null;
  readonly onChange: (text: string) => void;
}) {
  const [text, setText] = useState(value);
  const error = problem(text);
  return (
    <TextField
      label={label}
      hint={hint}
      {...(error !== null && { error })}
      value={text}
      onChange={(event) => {
        setText(event.currentTarget.value);
      }}
      onBlur={() => {
        if (error === null && text !== value) onChange(text);
      }}
    />
  );
}
