import { useEffect, useState } from 'react';
import type { ShownMessage } from '../../database/records.ts';
import { isWithin } from '../../lib/sampling.ts';
import { Button } from '../../ui/button.tsx';
import { Checkbox, Select, TextField } from '../../ui/field.tsx';
import { showErrorToast } from '../../ui/feedback/use-error-text.ts';
import { useChat } from '../session/chat-environment.ts';
import { CellsProgress } from './cells-progress.tsx';
import type { SweepCell, NamedSetting } from './sweep-cells.ts';
import { useCells } from './use-cells.ts';
import { useSettings } from './use-settings.ts';

export interface AskAgainProps {
  readonly message: ShownMessage;
  /** Both are written. */
  readonly onWritten: (pair: readonly [string, string], hide: boolean) => void;
}

interface Side {
  readonly settingId: string;
  readonly modelId: string;
  readonly temperature: string;
  readonly seed: string;
}

const AS_IT_IS: Side = { settingId: '', modelId: '', temperature: '', seed: '' };

/** The question once more to two settings, or two models in turn. */
export function AskAgain({ message, onWritten }: AskAgainProps) {
  const { models } = useChat();
  const settings = useSettings(message.conversationId);
  const cells = useCells(message);
  const [sides, setSides] = useState<readonly [Side, Side]>([AS_IT_IS, AS_IT_IS]);
  const [hide, setHide] = useState(false);
  const [offered, setOffered] = useState<readonly { readonly id: string; readonly name: string }[]>([]);

  useEffect(() => {
    models.list().then(setOffered, showErrorToast);
  }, [models]);

  const ready = sides.every(
    ({ temperature, seed }) =>
      numberOf(temperature, 'temperature') !== undefined && numberOf(seed, 'seed') !== undefined,
  );
  const write = async (): Promise<void> => {
    const [left, right] = await cells
      .start(sides.map((side) => cellOf(side, settings)))
      .then((ids) => ids ?? []);
    if (left !== undefined && right !== undefined) onWritten([left, right], hide);
  };

  return (
    <form
      className="grid gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        void write();
      }}
    >
      <div className="grid gap-6 sm:grid-cols-2">
        {([0, 1] as const).map((at) => (
          <SideFields
            key={at}
            name={at === 0 ? 'First' : 'Second'}
            side={sides[at]}
            settings={settings}
            models={offered}
            onChange={(side) => {
              setSides(at === 0 ? [side, sides[1]] : [sides[0], side]);
            }}
          />
        ))}
      </div>
      <Checkbox
        label="Hide which is which"
        hint="In an order by chance, until it is rated."
        checked={hide}
        onChange={setHide}
      />
      {!cells.running && (
        <Button type="submit" look="primary" className="justify-self-start" disabled={!ready}>
          Write both
        </Button>
      )}
      <CellsProgress cells={cells} />
      <p className="text-xs text-ink-muted">
        Both become versions of this reply, one after the other. Another model is loaded in place of the
        present one, and stays.
      </p>
    </form>
  );
}

interface SideFieldsProps {
  readonly name: string;
  readonly side: Side;
  readonly settings: readonly NamedSetting[];
  readonly models: readonly { readonly id: string; readonly name: string }[];
  readonly onChange: (side: Side) => void;
}

function SideFields({ name, side, settings, models, onChange }: SideFieldsProps) {
  return (
    <fieldset className="grid content-start gap-3">
      <legend className="side-head mb-1">{name}</legend>
      <Select
        label="Setting"
        value={side.settingId}
        choices={settings.map(({ id, name: label }) => ({ value: id, label }))}
        onChange={(settingId) => {
          onChange({ ...side, settingId });
        }}
      />
      <Select
        label="Model"
        value={side.modelId}
        choices={[
          { value: '', label: 'The one that is loaded' },
          ...models.map(({ id, name: label }) => ({ value: id, label })),
        ]}
        onChange={(modelId) => {
          onChange({ ...side, modelId });
        }}
      />
      <div className="grid grid-cols-2 gap-3">
        <NumberBox
          label="Temperature"
          field="temperature"
          value={side.temperature}
          onChange={(temperature) => {
            onChange({ ...side, temperature });
          }}
        />
        <NumberBox
          label="Seed"
          field="seed"
          value={side.seed}
          onChange={(seed) => {
            onChange({ ...side, seed });
          }}
        />
      </div>
    </fieldset>
  );
}

interface NumberBoxProps {
  readonly label: string;
  readonly field: 'temperature' | 'seed';
  readonly value: string;
  readonly onChange: (value: string) => void;
}

function NumberBox({ label, field, value, onChange }: NumberBoxProps) {
  return (
    <TextField
      label={label}
      hint="Empty: as the setting says."
      {...(numberOf(value, field) === undefined && { error: 'This is not a possible value.' })}
      inputMode="decimal"
      value={value}
      onChange={(event) => {
        onChange(event.currentTarget.value);
      }}
    />
  );
}

/** @returns null where nothing is said, undefined where it is no possible value. */
function numberOf(text: string, field: 'temperature' | 'seed'): number | null | undefined {
  if (text.trim() === '') return null;
  const number = Number(text);
  return isWithin(field, number) ? number : undefined;
}

function cellOf(side: Side, settings: readonly NamedSetting[]): SweepCell {
  const [asChat] = settings;
  const setting = settings.find(({ id }) => id === side.settingId) ?? asChat;
  if (!setting) throw new TypeError('a chat always says something itself');
  return {
    setting,
    modelId: side.modelId === '' ? null : side.modelId,
    temperature: numberOf(side.temperature, 'temperature') ?? null,
    seed: numberOf(side.seed, 'seed') ?? null,
  };
}
