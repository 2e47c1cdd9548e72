import { useState } from 'react';
import type { Version } from '../../conversations/data/judgements.ts';
import type { ShownMessage } from '../../database/records.ts';
import { formatCount } from '../../lib/format.ts';
import { Button } from '../../ui/button.tsx';
import { Checkbox, TextField } from '../../ui/field.tsx';
import { CellsProgress } from './cells-progress.tsx';
import { MAX_SWEEP_CELLS, readNumbers, sweep } from './sweep-cells.ts';
import { useCells } from './use-cells.ts';
import { AS_CHAT, useSettings } from './use-settings.ts';
import { VersionsTable } from './versions-table.tsx';

/** The question over every combination of settings, temperatures and seeds. */
export function Sweep({
  message,
  versions,
}: {
  readonly message: ShownMessage;
  readonly versions: readonly Version[];
}) {
  const settings = useSettings(message.conversationId);
  const cells = useCells(message);
  const [chosen, setChosen] = useState<readonly string[]>([AS_CHAT.id]);
  const [temperatures, setTemperatures] = useState('0, 0.7');
  const [seeds, setSeeds] = useState('1, 2');
  /** What there was when this sweep began: the others are its table. */
  const [before, setBefore] = useState<ReadonlySet<string> | null>(null);
  const asked = { temperatures: readNumbers(temperatures, 'temperature'), seeds: readNumbers(seeds, 'seed') };
  const plan = sweep(
    settings.filter(({ id }) => chosen.includes(id)),
    asked.temperatures ?? [],
    asked.seeds ?? [],
  );
  const possible = asked.temperatures && asked.seeds && plan.length > 0 && plan.length <= MAX_SWEEP_CELLS;
  const written = before === null ? [] : versions.filter(({ id }) => !before.has(id));

  return (
    <form
      className="grid gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        setBefore(new Set(versions.map(({ id }) => id)));
        void cells.start(plan);
      }}
    >
      <div className="grid gap-4 sm:grid-cols-2">
        <TextField
          label="Temperatures"
          hint="Apart by commas. Empty: as the setting says."
          {...(!asked.temperatures && { error: 'One of them is not a possible value.' })}
          value={temperatures}
          onChange={(event) => {
            setTemperatures(event.currentTarget.value);
          }}
        />
        <TextField
          label="Seeds"
          hint="At temperature 0 all seeds write the same."
          {...(!asked.seeds && { error: 'One of them is not a possible value.' })}
          value={seeds}
          onChange={(event) => {
            setSeeds(event.currentTarget.value);
          }}
        />
      </div>
      <fieldset className="flex flex-wrap gap-x-6 gap-y-2">
        <legend className="mb-1 font-medium">Settings</legend>
        {settings.map(({ id, name }) => (
          <Checkbox
            key={id}
            label={name}
            checked={chosen.includes(id)}
            onChange={(on) => {
              setChosen(on ? [...chosen, id] : chosen.filter((each) => each !== id));
            }}
          />
        ))}
      </fieldset>
      {plan.length > MAX_SWEEP_CELLS && (
        <p className="text-danger">
          {formatCount(plan.length)} versions are too many; at most {formatCount(MAX_SWEEP_CELLS)} at once.
        </p>
      )}
      {!cells.running && (
        <Button type="submit" look="primary" className="justify-self-start" disabled={!possible}>
          Write {formatCount(plan.length)} {plan.length === 1 ? 'version' : 'versions'}
        </Button>
      )}
      <CellsProgress cells={cells} />
      {written.length > 0 && <VersionsTable versions={written} all={versions} />}
    </form>
  );
}
