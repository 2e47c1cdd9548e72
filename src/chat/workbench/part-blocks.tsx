import { ArrowDown, ArrowUp, Eye, EyeOff, Pencil, Trash2 } from 'lucide-react';
import { useRef, useState } from 'react';
import { PROMPT_SETTING_LIMITS, type Example } from '../../lib/prompt-settings-schema.ts';
import { Button, IconButton } from '../../ui/button.tsx';
import { Block } from './block.tsx';
import type { BlockView } from './measure.ts';

export interface SystemBlockProps {
  readonly text: string;
  readonly block: BlockView | null;
  /** By this chat: it can be set back. */
  readonly changed: boolean;
  /** null: as it would be without the chat's own. */
  readonly onChange: (text: string | null) => void;
}

export function SystemBlock({ text, block, changed, onChange }: SystemBlockProps) {
  const [editing, setEditing] = useState(false);
  return (
    <Block
      kind="system"
      name="System text"
      block={block}
      actions={
        <>
          {changed && !editing && (
            <Button
              size="small"
              look="quiet"
              onClick={() => {
                onChange(null);
              }}
            >
              As before
            </Button>
          )}
          <IconButton
            size="small"
            label="Edit the system text"
            icon={Pencil}
            tipAlign="end"
            aria-expanded={editing}
            onClick={() => {
              setEditing(!editing);
            }}
          />
        </>
      }
    >
      {editing && (
        <TextsEditor
          fields={[['System text in the prompt', text]]}
          onDone={([next]) => {
            setEditing(false);
            if (next !== undefined && next !== text) onChange(next);
          }}
        />
      )}
    </Block>
  );
}

export interface ExampleBlockProps {
  readonly index: number;
  readonly count: number;
  readonly example: Example;
  readonly block: BlockView | null;
  readonly onChange: (example: Example) => void;
  readonly onRemove: () => void;
  /** @param to its new place. */
  readonly onMove: (to: number) => void;
}

export function ExampleBlock({
  index,
  count,
  example,
  block,
  onChange,
  onRemove,
  onMove,
}: ExampleBlockProps) {
  const empty = example.question === '' && example.answer === '';
  const [editing, setEditing] = useState(empty);
  const name = `Example ${String(index + 1)}`;
  return (
    <Block
      kind="example"
      name={name}
      block={block}
      actions={
        <>
          <IconButton
            size="small"
            label={`Move ${name} up`}
            icon={ArrowUp}
            disabled={index === 0}
            onClick={() => {
              onMove(index - 1);
            }}
          />
          <IconButton
            size="small"
            label={`Move ${name} down`}
            icon={ArrowDown}
            disabled={index === count - 1}
            onClick={() => {
              onMove(index + 1);
            }}
          />
          <IconButton
            size="small"
            label={example.off ? `Use ${name}` : `Turn ${name} off`}
            icon={example.off ? EyeOff : Eye}
            onClick={() => {
              onChange({ ...example, off: !example.off });
            }}
          />
          <IconButton
            size="small"
            label={`Edit ${name}`}
            icon={Pencil}
            tipAlign="end"
            aria-expanded={editing}
            onClick={() => {
              setEditing(!editing);
            }}
          />
          <IconButton size="small" label={`Remove ${name}`} icon={Trash2} tipAlign="end" onClick={onRemove} />
        </>
      }
    >
      {editing ? (
        <TextsEditor
          fields={[
            ['Question', example.question],
            ['Answer', example.answer],
          ]}
          onDone={([question = '', answer = '']) => {
            setEditing(false);
            onChange({ ...example, question, answer });
          }}
        />
      ) : (
        block === null && (
          <p className="line-clamp-2 font-mono text-xs text-ink-muted line-through">{example.question}</p>
        )
      )}
    </Block>
  );
}

/** Taken over by Done and by Ctrl+Enter, left alone by Escape. */
function TextsEditor({
  fields,
  onDone,
}: {
  readonly fields: readonly (readonly [name: string, text: string])[];
  readonly onDone: (texts: readonly string[]) => void;
}) {
  const form = useRef<HTMLFormElement>(null);
  const done = (): void => {
    onDone([...(form.current?.querySelectorAll('textarea') ?? [])].map(({ value }) => value));
  };
  return (
    <form
      ref={form}
      className="grid gap-2 pb-2"
      onSubmit={(event) => {
        event.preventDefault();
        done();
      }}
    >
      {fields.map(([name, text], index) => (
        <label key={name} className="grid gap-1 text-xs text-ink-muted">
          {name}
          <textarea
            // oxlint-disable-next-line jsx-a11y/no-autofocus -- what was pressed asked for it
            autoFocus={index === 0}
            dir="auto"
            autoComplete="off"
            defaultValue={text}
            maxLength={PROMPT_SETTING_LIMITS.textCharacters}
            rows={2}
            className="field-sizing-content max-h-80 rounded-md border border-line-strong bg-surface px-2 py-1.5 font-mono text-xs text-ink"
            onKeyDown={(event) => {
              if (event.key === 'Escape') onDone(fields.map(([, before]) => before));
              else if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) done();
              else return;
              event.preventDefault();
              event.stopPropagation();
            }}
          />
        </label>
      ))}
      <div>
        <Button type="submit" size="small" look="primary">
          Done
        </Button>
      </div>
    </form>
  );
}
