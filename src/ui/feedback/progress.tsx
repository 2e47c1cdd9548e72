import { useId } from 'react';
import { formatBytes, formatDuration, formatSpeed } from '../../lib/format.ts';
import { classNames } from '../class-names.ts';

export interface ProgressProps {
  /** What is in progress: the accessible name. */
  readonly label: string;
  readonly done: number;
  /** 0 or less: not known; the bar then only says that something is under way. */
  readonly total: number;
  /** Shown beside the bar, e.g. from `transferText`. */
  readonly text?: string;
  /** The label is read anyway; hide it where the place already says it. */
  readonly labelHidden?: boolean;
  readonly className?: string;
}

/** A progress bar with its figures. */
export function Progress({ label, done, total, text, labelHidden = false, className }: ProgressProps) {
  const id = useId();
  const known = total > 0;
  const percent = known ? Math.min(100, Math.max(0, (done / total) * 100)) : 0;
  return (
    <div className={classNames('grid gap-1', className)}>
      <div
        className={classNames(
          'flex justify-between gap-4 text-xs',
          labelHidden && text === undefined && 'sr-only',
        )}
      >
        <span id={id} className={labelHidden ? 'sr-only' : 'font-medium'}>
          {label}
        </span>
        {text !== undefined && <span className="tabular text-ink-muted">{text}</span>}
      </div>
      <div
        role="progressbar"
        aria-labelledby={id}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={known ? Math.round(percent) : undefined}
        aria-valuetext={text}
        className="h-1 overflow-hidden bg-line"
      >
        <div
          className={classNames('h-full origin-left bg-accent', known ? '' : 'w-1/3 animate-pulse')}
          style={known ? { transform: `scaleX(${String(percent / 100)})` } : undefined}
        />
      </div>
    </div>
  );
}

/**
 * @param bytesPerSecond 0 while unknown.
 * @returns e.g. `1.2 GB of 3.83 GB · 24 MB/s · 2 min left`.
 */
export function transferText(doneBytes: number, totalBytes: number, bytesPerSecond: number): string {
  const parts = [
    totalBytes > 0 ? `${formatBytes(doneBytes)} of ${formatBytes(totalBytes)}` : formatBytes(doneBytes),
    formatSpeed(bytesPerSecond),
  ];
  if (bytesPerSecond > 0 && totalBytes > doneBytes) {
    parts.push(`${formatDuration((totalBytes - doneBytes) / bytesPerSecond)} left`);
  }
  return parts.filter(Boolean).join(' · ');
}
