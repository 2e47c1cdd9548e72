import { useMemo, useState } from 'react';
import { Button } from '../../../ui/button.tsx';
import { ErrorAlert } from '../../../ui/feedback/error-alert.tsx';
import { Select } from '../../../ui/field.tsx';
import { importMapped, type ImportedSet } from '../../items/import-set.ts';
import { letterOf } from '../../items/item.ts';
import { firstRecords, text, type Draft, type Table } from '../../items/reading.ts';
import {
  columnsOf,
  guessMapping,
  mappingSchema,
  readFirst,
  type Mapping,
} from '../../items/readers/mapping.ts';
import { useAct } from '../use-act.ts';

const NONE = { value: '', label: '(not in this file)' };

/** Which column is what, with the first rows as they would be read. */
export function MappingForm({
  table,
  onRead,
  onLeave,
}: {
  readonly table: Table;
  readonly onRead: (set: ImportedSet) => void;
  readonly onLeave: () => void;
}) {
  const columns = useMemo(() => columnsOf(table), [table]);
  const [mapping, setMapping] = useState<Mapping>(() => guessMapping(table));
  const { act, error, busy } = useAct();
  const choices = [NONE, ...columns.map((name) => ({ value: name, label: name }))];
  const valid = mappingSchema.safeParse(mapping).success;
  const change = (part: Partial<Mapping>): void => {
    setMapping({ ...mapping, ...part });
  };
  const example = firstRecords(table)[0];
  const first = useMemo(() => (valid ? readFirst(table, mapping) : undefined), [table, mapping, valid]);
  return (
    <section aria-label="Columns" className="grid gap-3">
      <p>
        <strong className="font-semibold [overflow-wrap:anywhere]">{table.file}</strong> is a table of its
        own. Say which column is what.
      </p>
      <div className="grid gap-3 sm:grid-cols-2">
        <Select
          label="Question"
          value={mapping.question}
          choices={choices}
          onChange={(question) => change({ question })}
        />
        <Select
          label="Right answer"
          value={mapping.answer}
          choices={choices}
          onChange={(answer) => change({ answer })}
        />
        <Select
          label="The right answer is"
          value={mapping.answerIs}
          choices={[
            { value: 'letter', label: 'a letter (A, B, …)' },
            { value: 'number-from-1', label: 'a number from 1' },
            { value: 'number-from-0', label: 'a number from 0' },
            { value: 'text', label: 'the option’s own text' },
          ]}
          onChange={(value) => {
            const answerIs = mappingSchema.shape.answerIs.safeParse(value);
            if (answerIs.success) change({ answerIs: answerIs.data });
          }}
        />
        <Select
          label="Subject"
          value={mapping.subject}
          choices={choices}
          onChange={(subject) => change({ subject })}
        />
        <Select
          label="Explanation"
          value={mapping.explanation}
          choices={choices}
          onChange={(explanation) => change({ explanation })}
        />
      </div>
      <fieldset className="grid gap-1">
        <legend className="font-medium">Options: one column each, or one with a list</legend>
        <div className="flex flex-wrap gap-x-5 gap-y-1">
          {columns.map((name) => (
            <label key={name} className="flex min-h-8 items-center gap-2">
              <input
                type="checkbox"
                className="size-4"
                checked={mapping.options.includes(name)}
                onChange={(event) => {
                  const on = event.currentTarget.checked;
                  change({
                    options: columns.filter((each) => (each === name ? on : mapping.options.includes(each))),
                  });
                }}
              />
              {name}
            </label>
          ))}
        </div>
      </fieldset>
      {example && (
        <p className="text-xs text-ink-muted [overflow-wrap:anywhere]">
          First row: {columns.map((name) => `${name}: ${text(example, name).slice(0, 60)}`).join(' · ')}
        </p>
      )}
      {first && (
        <p role="status" className="text-xs">
          {'draft' in first
            ? `Read as: “${first.draft.question.slice(0, 120)}” with ${first.draft.options.length} options, ${keyText(first.draft)}.`
            : 'The first row cannot be read this way.'}
        </p>
      )}
      {error && <ErrorAlert error={error} />}
      <div className="flex flex-wrap gap-2">
        <Button
          disabled={!valid || busy}
          onClick={() => {
            act(async () => {
              onRead(await importMapped(table, mapping));
            });
          }}
        >
          Read with these columns
        </Button>
        <Button look="quiet" onClick={onLeave}>
          Leave this table out
        </Button>
      </div>
    </section>
  );
}

/** The right option itself, so that a key counted wrong is seen. */
function keyText({ options, answer }: Draft): string {
  if (answer.length === 0) return 'no key';
  const right = answer.map((index) => `${letterOf(index)}, “${(options[index] ?? '').slice(0, 120)}”`);
  return `key ${right.join(' and ')}`;
}
