/**
 * Plots as plain SVG, on screen and in exported reports. Colours are the app's tokens or, in a report, its own variables of the same
 * meaning; a table beside each says the same in figures.
 */
import type { ReliabilityBin } from '../../statistics/calibration.ts';
import type { Proportion } from '../../statistics/summary.ts';
import { intervalText, percent } from '../../export/figures.ts';

const INK = 'var(--color-ink, var(--ink))';
const MUTED = 'var(--color-ink-muted, var(--muted))';
const LINE = 'var(--color-line, var(--line))';
const PAPER = 'var(--color-paper, var(--paper))';
const ACCENT = 'var(--color-accent, var(--accent))';
const TEXT = { fontSize: 13, fontFamily: 'inherit' } as const;

/** Words over a line of the scale stay legible. */
const OVER_LINES = { paintOrder: 'stroke', stroke: PAPER, strokeWidth: 5, strokeLinejoin: 'round' } as const;

const ROW = 44;
/** The room for the name of the dashed line. */
const TOP = 20;

/** A dot with its interval a row, on a scale from 0 to 100 %. */
export function ProportionPlot({
  title,
  rows,
  chance,
}: {
  readonly title: string;
  readonly rows: readonly { readonly name: string; readonly value: Proportion }[];
  /** Drawn as a line where it is known. */
  readonly chance?: number;
}) {
  const top = chance === undefined ? 0 : TOP;
  const height = top + rows.length * ROW + 24;
  const at = (share: number): string => `${(share * 100).toFixed(2)}%`;
  return (
    <svg
      role="img"
      aria-label={`${title}. ${rows.map(({ name, value }) => `${name}: ${percent(value.accuracy)}, ${intervalText(value.interval)}.`).join(' ')}`}
      width="100%"
      height={height}
      // A dot at either end of the scale is drawn whole.
      style={{ overflow: 'visible' }}
    >
      {[0, 0.25, 0.5, 0.75, 1].map((share) => (
        <line key={share} x1={at(share)} x2={at(share)} y1={top} y2={height - 20} style={{ stroke: LINE }} />
      ))}
      {chance !== undefined && (
        <>
          <line
            x1={at(chance)}
            x2={at(chance)}
            y1={top}
            y2={height - 20}
            strokeDasharray="3 3"
            style={{ stroke: MUTED }}
          />
          <text x={at(chance)} y={14} textAnchor="middle" style={{ ...TEXT, fill: MUTED }}>
            guessing
          </text>
        </>
      )}
      {rows.map(({ name, value }, index) => {
        const y = top + index * ROW;
        return (
          <g key={name}>
            <text x="0" y={y + 14} style={{ ...TEXT, ...OVER_LINES, fill: INK }}>
              {name}
            </text>
            <line
              x1={at(value.interval.lower)}
              x2={at(value.interval.upper)}
              y1={y + 28}
              y2={y + 28}
              strokeWidth={2}
              style={{ stroke: ACCENT }}
            />
            <circle cx={at(value.accuracy)} cy={y + 28} r={5} style={{ fill: ACCENT }} />
          </g>
        );
      })}
      <text x="0" y={height - 4} style={{ ...TEXT, fill: MUTED }}>
        0 %
      </text>
      <text x="50%" y={height - 4} textAnchor="middle" style={{ ...TEXT, fill: MUTED }}>
        50 %
      </text>
      <text x="100%" y={height - 4} textAnchor="end" style={{ ...TEXT, fill: MUTED }}>
        100 %
      </text>
    </svg>
  );
}

const SIZE = 240;
const PAD = 34;
/** This plot is drawn a third larger than its own measure. */
const SMALL = { ...TEXT, fontSize: 10, fill: MUTED } as const;

/** Confidence against accuracy; the diagonal is a model that can be believed. */
export function ReliabilityPlot({ bins }: { readonly bins: readonly ReliabilityBin[] }) {
  const filled = bins.filter(({ n }) => n > 0);
  const most = Math.max(1, ...filled.map(({ n }) => n));
  const x = (share: number): number => PAD + share * (SIZE - PAD - 8);
  const y = (share: number): number => SIZE - PAD - share * (SIZE - PAD - 8);
  return (
    <svg
      role="img"
      aria-label={`Reliability: ${filled.map(({ confidence, accuracy, n }) => `at ${percent(confidence)} confidence ${percent(accuracy)} right (${n})`).join(', ')}.`}
      viewBox={`0 0 ${SIZE} ${SIZE}`}
      width="100%"
      style={{ maxWidth: '20rem' }}
    >
      <line x1={x(0)} y1={y(0)} x2={x(1)} y2={y(0)} style={{ stroke: MUTED }} />
      <line x1={x(0)} y1={y(0)} x2={x(0)} y2={y(1)} style={{ stroke: MUTED }} />
      <line x1={x(0)} y1={y(0)} x2={x(1)} y2={y(1)} strokeDasharray="3 3" style={{ stroke: MUTED }} />
      <polyline
        points={filled
          .map(({ confidence, accuracy }) => `${x(confidence).toFixed(1)},${y(accuracy).toFixed(1)}`)
          .join(' ')}
        fill="none"
        style={{ stroke: ACCENT }}
      />
      {filled.map(({ confidence, accuracy, n, from }) => (
        <circle
          key={from}
          cx={x(confidence)}
          cy={y(accuracy)}
          r={2.5 + 5 * Math.sqrt(n / most)}
          fillOpacity={0.6}
          style={{ fill: ACCENT }}
        />
      ))}
      <text x={x(0)} y={y(0) + 13} style={SMALL}>
        0 %
      </text>
      <text x={x(1)} y={y(0) + 13} textAnchor="end" style={SMALL}>
        100 %
      </text>
      <text x={PAD - 4} y={y(0)} textAnchor="end" style={SMALL}>
        0 %
      </text>
      <text x={PAD - 4} y={y(1) + 6} textAnchor="end" style={SMALL}>
        100 %
      </text>
      <text x={x(0.5)} y={SIZE - 10} textAnchor="middle" style={SMALL}>
        confidence
      </text>
      <text x={12} y={y(0.5)} textAnchor="middle" transform={`rotate(-90 12 ${y(0.5)})`} style={SMALL}>
        share right
      </text>
    </svg>
  );
}

/** The length of a whole bar in per cent of the plot: its letter stands before it, its figure after it. */
const LETTER_BAR = 77;

/** How often each letter is right when it should be, as bars. */
export function LetterPlot({
  letters,
}: {
  readonly letters: readonly { readonly letter: string; readonly recall: number; readonly chosen: number }[];
}) {
  const height = letters.length * 26 + 4;
  return (
    <svg
      role="img"
      aria-label={`Recall by letter: ${letters.map(({ letter, recall }) => `${letter} ${percent(recall)}`).join(', ')}.`}
      width="100%"
      height={height}
    >
      {letters.map(({ letter, recall }, index) => (
        <g key={letter}>
          <text x="0" y={index * 26 + 18} style={{ ...TEXT, fill: INK }}>
            {letter}
          </text>
          <rect x="6%" y={index * 26 + 6} width={`${LETTER_BAR}%`} height={14} style={{ fill: LINE }} />
          <rect
            x="6%"
            y={index * 26 + 6}
            width={`${(Number.isFinite(recall) ? recall * LETTER_BAR : 0).toFixed(2)}%`}
            height={14}
            style={{ fill: ACCENT }}
          />
          <text x="100%" y={index * 26 + 18} textAnchor="end" style={{ ...TEXT, fill: MUTED }}>
            {percent(recall)}
          </text>
        </g>
      ))}
    </svg>
  );
}
