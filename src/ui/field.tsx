import { useId, type InputHTMLAttributes, type ReactNode, type Ref, type SelectHTMLAttributes } from 'react';
import { classNames } from './class-names.ts';

const BOX =
  'min-h-10 w-full rounded-md border border-line-strong bg-surface px-3 text-sm text-ink aria-invalid:border-danger disabled:bg-sunken disabled:text-ink-muted';

interface Labelled {
  readonly label: string;
  /** What the setting does, in a sentence. */
  readonly hint?: ReactNode;
  /** Why the value cannot be taken. */
  readonly error?: string;
}

function Frame({
  id,
  label,
  hint,
  error,
  children,
}: Labelled & { readonly id: string; readonly children: ReactNode }) {
  return (
    <div className="grid content-start gap-1">
      <label htmlFor={id} className="text-sm font-medium">
        {label}
      </label>
      {children}
      {hint !== undefined && (
        <p id={`${id}-hint`} className="text-xs text-ink-muted">
          {hint}
        </p>
      )}
      {error !== undefined && (
        <p id={`${id}-error`} className="text-xs font-medium text-danger">
          {error}
        </p>
      )}
    </div>
  );
}

function describedBy(id: string, { hint, error }: Pick<Labelled, 'hint' | 'error'>): string | undefined {
  return (
    [hint !== undefined && `${id}-hint`, error !== undefined && `${id}-error`].filter(Boolean).join(' ') ||
    undefined
  );
}

export type TextFieldProps = Labelled &
  InputHTMLAttributes<HTMLInputElement> & { readonly ref?: Ref<HTMLInputElement> };

export function TextField({ label, hint, error, className, ...rest }: TextFieldProps) {
  const id = useId();
  return (
    <Frame
      id={id}
      label={label}
      {...(hint !== undefined && { hint })}
      {...(error !== undefined && { error })}
    >
      <input
        id={id}
        // Browsers remember what a form is sent with, where no page can erase it.
        autoComplete="off"
        aria-invalid={error !== undefined || undefined}
        aria-describedby={describedBy(id, {
          ...(hint !== undefined && { hint }),
          ...(error !== undefined && { error }),
        })}
        className={classNames(BOX, rest.type === 'number' && 'tabular', className)}
        {...rest}
      />
    </Frame>
  );
}

export interface Choice {
  readonly value: string;
  readonly label: string;
}

export type SelectProps = Labelled &
  Omit<SelectHTMLAttributes<HTMLSelectElement>, 'onChange'> & {
    readonly choices: readonly Choice[];
    readonly onChange: (value: string) => void;
  };

export function Select({ label, hint, error, choices, onChange, className, ...rest }: SelectProps) {
  const id = useId();
  return (
    <Frame
      id={id}
      label={label}
      {...(hint !== undefined && { hint })}
      {...(error !== undefined && { error })}
    >
      <select
        id={id}
        aria-describedby={describedBy(id, {
          ...(hint !== undefined && { hint }),
          ...(error !== undefined && { error }),
        })}
        className={classNames(BOX, 'text-ellipsis', className)}
        onChange={(event) => {
          onChange(event.currentTarget.value);
        }}
        {...rest}
      >
        {choices.map((choice) => (
          <option key={choice.value} value={choice.value}>
            {choice.label}
          </option>
        ))}
      </select>
    </Frame>
  );
}

export interface RadioRowProps {
  readonly label: string;
  readonly choices: readonly Choice[];
  readonly value: string;
  readonly onChange: (value: string) => void;
}

/** A few exclusive choices side by side. */
export function RadioRow({ label, choices, value, onChange }: RadioRowProps) {
  const name = useId();
  return (
    <fieldset className="grid gap-1">
      <legend className="mb-1 text-sm font-medium">{label}</legend>
      <div className="flex flex-wrap gap-x-6 gap-y-1">
        {choices.map((choice) => (
          <label key={choice.value} className="flex min-h-9 items-center gap-2 text-sm">
            <input
              type="radio"
              name={name}
              value={choice.value}
              checked={choice.value === value}
              onChange={() => {
                onChange(choice.value);
              }}
              className="size-4"
            />
            {choice.label}
          </label>
        ))}
      </div>
    </fieldset>
  );
}

export interface CheckboxProps {
  readonly label: string;
  readonly hint?: ReactNode;
  readonly checked: boolean;
  readonly disabled?: boolean;
  readonly onChange: (checked: boolean) => void;
}

export function Checkbox({ label, hint, checked, disabled = false, onChange }: CheckboxProps) {
  const id = useId();
  return (
    <div className="grid grid-cols-[auto_1fr] gap-x-2">
      <input
        id={id}
        type="checkbox"
        checked={checked}
        disabled={disabled}
        aria-describedby={hint === undefined ? undefined : `${id}-hint`}
        onChange={(event) => {
          onChange(event.currentTarget.checked);
        }}
        className="mt-[5px] size-4"
      />
      <label htmlFor={id} className="py-px text-sm font-medium">
        {label}
      </label>
      {hint !== undefined && (
        <p id={`${id}-hint`} className="col-start-2 text-xs text-ink-muted">
          {hint}
        </p>
      )}
    </div>
  );
}
