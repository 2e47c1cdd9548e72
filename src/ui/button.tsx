import type { ButtonHTMLAttributes, ReactNode, Ref } from 'react';
import type { LucideIcon } from 'lucide-react';
import { classNames } from './class-names.ts';

export type ButtonLook = 'primary' | 'plain' | 'quiet' | 'danger';
export type ButtonSize = 'normal' | 'small';

const LOOKS: Record<ButtonLook, string> = {
  primary:
    'border-accent bg-accent text-on-accent hover:border-accent-strong hover:bg-accent-strong disabled:border-line disabled:bg-sunken disabled:text-ink-muted',
  plain:
    'border-line-strong bg-surface text-ink hover:border-accent hover:text-accent disabled:text-ink-muted',
  quiet: 'border-transparent bg-transparent text-accent hover:bg-accent-soft disabled:text-ink-muted',
  danger: 'border-danger bg-transparent text-danger hover:bg-danger-soft disabled:text-ink-muted',
};

const SIZES: Record<ButtonSize, string> = {
  normal: 'min-h-10 px-4 text-sm',
  small: 'min-h-8 px-2.5 text-xs pointer-coarse:min-h-10',
};

export interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  readonly look?: ButtonLook;
  readonly size?: ButtonSize;
  /** Drawn before the text. */
  readonly icon?: LucideIcon;
  readonly children: ReactNode;
  readonly ref?: Ref<HTMLButtonElement>;
}

export function Button({
  look = 'plain',
  size = 'normal',
  icon: Icon,
  children,
  className,
  type = 'button',
  ...rest
}: ButtonProps) {
  return (
    <button
      type={type}
      className={classNames(
        'inline-flex items-center justify-center gap-2 rounded-md border font-medium transition-colors disabled:cursor-not-allowed',
        LOOKS[look],
        SIZES[size],
        className,
      )}
      {...rest}
    >
      {Icon && <Icon aria-hidden className="size-4 shrink-0" strokeWidth={1.75} />}
      {children}
    </button>
  );
}

export interface IconButtonProps extends Omit<ButtonHTMLAttributes<HTMLButtonElement>, 'children'> {
  /** The accessible name, also shown as a tip. */
  readonly label: string;
  readonly icon: LucideIcon;
  readonly size?: ButtonSize;
  /** Which edge of the button the tip keeps to, where it would leave the window. */
  readonly tipAlign?: 'start' | 'end';
  readonly ref?: Ref<HTMLButtonElement>;
}

export function IconButton({
  label,
  icon: Icon,
  size = 'normal',
  tipAlign,
  className,
  type = 'button',
  ...rest
}: IconButtonProps) {
  return (
    <button
      type={type}
      aria-label={label}
      data-tip={label}
      data-tip-align={tipAlign}
      className={classNames(
        'inline-flex shrink-0 items-center justify-center rounded-md text-ink-muted transition-colors hover:bg-accent-soft hover:text-accent-strong disabled:cursor-not-allowed disabled:opacity-50 disabled:hover:bg-transparent',
        size === 'small' ? 'size-8 pointer-coarse:size-10' : 'size-10',
        className,
      )}
      {...rest}
    >
      <Icon aria-hidden className={size === 'small' ? 'size-4' : 'size-5'} strokeWidth={1.75} />
    </button>
  );
}
