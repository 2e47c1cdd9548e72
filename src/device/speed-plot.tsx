import { READING_TOKENS_PER_SECOND, speedText, type SpeedPrediction } from './speed.ts';

export interface SpeedRow {
  readonly label: string;
  readonly speed: SpeedPrediction;
  /** An upper bound that was calculated from a measurement, or a guess from other machines. */
  readonly kind: 'predicted' | 'guessed';
}

/** A logarithmic scale from one token in ten seconds to more than anyone reads. */
const LEAST = 0.1;
const MOST = 1000;
const TICKS = [0.1, 1, 10, 100, 1000];

function position(tokensPerSecond: number): number {
  const clamped = Math.min(MOST, Math.max(LEAST, tokensPerSecond));
  return (100 * Math.log(clamped / LEAST)) / Math.log(MOST / LEAST);
}

const percent = (value: number): string => `${value.toFixed(2)}%`;

/** Predicted decode speeds against the speed of reading: right of the line, a reply comes faster than one reads it. */
export function SpeedPlot({ rows }: { readonly rows: readonly SpeedRow[] }) {
  const reading = percent(position(READING_TOKENS_PER_SECOND));
  return (
    <figure className="grid gap-1">
      <div className="relative grid gap-3 pt-6 pb-6">
        <div aria-hidden className="absolute inset-y-0" style={{ left: reading }}>
          <div className="absolute inset-y-5 border-l border-dashed border-line-strong" />
          <span className="absolute -translate-x-1/2 text-xs whitespace-nowrap text-ink-muted">
            reading speed
          </span>
        </div>
        {rows.map(({ label, speed, kind }) => {
          const from = position(speed.atFullWindow);
          const to = position(speed.atStart);
          return (
            <div key={label} className="relative">
              <p className="flex flex-wrap items-baseline justify-between gap-x-4 text-xs">
                <span className="bg-surface pr-2 font-medium">{label}</span>
                <span className="tabular bg-surface pl-2 text-ink-muted">
                  {kind === 'predicted' ? 'at most ' : 'roughly '}
                  {speedText(speed.atStart)}
                </span>
              </p>
              <div aria-hidden className="relative mt-1 h-2 bg-sunken">
                <div
                  className={
                    kind === 'predicted'
                      ? 'absolute inset-y-0 left-0 bg-accent'
                      : 'absolute inset-y-0 left-0 bg-line-strong'
                  }
                  style={{ width: percent(from) }}
                />
                {/* From a full window to an empty one. */}
                <div
                  className={
                    kind === 'predicted'
                      ? 'absolute inset-y-0 bg-accent opacity-50'
                      : 'absolute inset-y-0 bg-line-strong opacity-50'
                  }
                  style={{ left: percent(from), width: percent(to - from) }}
                />
              </div>
            </div>
          );
        })}
        <div aria-hidden className="absolute inset-x-0 bottom-0 h-4 text-xs text-ink-muted">
          {TICKS.map((tick, index) => (
            <span
              key={tick}
              className="tabular absolute"
              style={{
                left: percent(position(tick)),
                translate: index === 0 ? '0' : index === TICKS.length - 1 ? '-100%' : '-50%',
              }}
            >
              {tick}
            </span>
          ))}
        </div>
      </div>
      <figcaption className="text-xs text-ink-muted">
        Tokens a second, on a logarithmic scale; the paler end is the loss as the window fills. A token is
        about three quarters of a word.
      </figcaption>
    </figure>
  );
}
