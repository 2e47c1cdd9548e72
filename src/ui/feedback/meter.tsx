import { classNames } from '../class-names.ts';

export interface MeterProps {
  readonly label: string;
  readonly value: number;
  readonly max: number;
  /** What the figures say in words; read out and shown as a tip. */
  readonly text: string;
  /** Above this share of `max` the bar warns. */
  readonly high?: number;
  readonly className?: string;
}

/** How full something is. A drawn bar with the role: `<meter>` itself cannot be styled alike across browsers. */
export function Meter({ label, value, max, text, high = 0.85, className }: MeterProps) {
  const share = max > 0 ? Math.min(1, Math.max(0, value / max)) : 0;
  return (
    <div
      role="meter"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={max}
      aria-valuenow={Math.min(value, max)}
      aria-valuetext={text}
      title={text}
      className={classNames('h-1 overflow-hidden bg-line', className)}
    >
      <div
        className={classNames('h-full origin-left', share > high ? 'bg-warn' : 'bg-accent')}
        style={{ transform: `scaleX(${share.toFixed(4)})` }}
      />
    </div>
  );
}
