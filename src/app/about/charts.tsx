/** Two small charts in the page's own colours: horizontal positions are percent of the width, so text keeps its size. */
import { useId } from 'react';
import { BENCHMARKS, PASS_MARK, percent, TRUTHFULNESS } from './figures.ts';

function at(value: number): string {
  return `${value.toFixed(1)}%`;
}

const ROW = 58;
const HEAD = 26;

/** Raw against fine-tuned, one row per benchmark. The table beside it says the same in figures. */
export function BenchmarkChart() {
  const id = useId();
  const height = HEAD + BENCHMARKS.length * ROW + 22;
  const bottom = HEAD + BENCHMARKS.length * ROW;
  return (
    <svg
      role="img"
      aria-labelledby={`${id}-title`}
      aria-describedby={`${id}-text`}
      width="100%"
      height={height}
    >
      <title id={`${id}-title`}>Accuracy on five medical benchmarks, raw and fine-tuned, in percent</title>
      <desc id={`${id}-text`}>
        {BENCHMARKS.map(
          ({ name, raw, fineTuned }) => `${name}: raw ${percent(raw)}, fine-tuned ${percent(fineTuned)}.`,
        ).join(' ')}{' '}
        People pass at about {PASS_MARK}.
      </desc>
      <Grid bottom={bottom} />
      <line
        x1={at(PASS_MARK)}
        x2={at(PASS_MARK)}
        y1={HEAD - 6}
        y2={bottom}
        className="stroke-warn"
        strokeDasharray="3 3"
      />
      <text x={at(PASS_MARK)} y={12} textAnchor="middle" className="fill-warn text-xs">
        people pass at about {PASS_MARK}
      </text>
      {BENCHMARKS.map(({ name, raw, fineTuned }, index) => {
        const y = HEAD + index * ROW;
        return (
          <g key={name}>
            <text x={at(0)} y={y + 14} className="fill-ink text-xs font-medium">
              {name}
            </text>
            <line x1={at(raw)} x2={at(fineTuned)} y1={y + 30} y2={y + 30} className="stroke-line-strong" />
            <circle cx={at(raw)} cy={y + 30} r={5.5} className="fill-paper stroke-accent" strokeWidth={2} />
            <circle cx={at(fineTuned)} cy={y + 30} r={6.5} className="fill-accent" />
            <text x={at(raw)} y={y + 51} dx={6} textAnchor="end" className="tabular fill-ink-muted text-xs">
              {percent(raw)}
            </text>
            <text x={at(fineTuned)} y={y + 51} dx={-7} className="tabular fill-ink text-xs">
              {percent(fineTuned)}
            </text>
          </g>
        );
      })}
    </svg>
  );
}

/** The two marks in words, outside the picture, where it can wrap. */
export function BenchmarkLegend() {
  return (
    <ul className="flex flex-wrap gap-x-6 gap-y-1 text-xs">
      <li className="flex items-center gap-2">
        <span aria-hidden className="size-3 rounded-full border-2 border-accent" />
        raw base model, three examples in the prompt: what runs here
      </li>
      <li className="flex items-center gap-2">
        <span aria-hidden className="size-3 rounded-full bg-accent" />
        fine-tuned on each benchmark: another model
      </li>
    </ul>
  );
}

const BAR = 40;

export function TruthfulnessChart() {
  const id = useId();
  const bottom = TRUTHFULNESS.length * BAR + 6;
  return (
    <svg
      role="img"
      aria-labelledby={`${id}-title`}
      aria-describedby={`${id}-text`}
      width="100%"
      height={bottom + 22}
    >
      <title id={`${id}-title`}>Truthful answers by topic, in percent</title>
      <desc id={`${id}-text`}>
        {TRUTHFULNESS.map(({ name, value }) => `${name}: ${percent(value)}.`).join(' ')}
      </desc>
      <Grid bottom={bottom} top={0} />
      {TRUTHFULNESS.map(({ name, value }, index) => {
        const y = index * BAR;
        return (
          <g key={name}>
            <text x={at(0)} y={y + 14} className="fill-ink text-xs font-medium">
              {name}
            </text>
            <line
              x1={at(0)}
              x2={at(value)}
              y1={y + 26}
              y2={y + 26}
              className="stroke-accent"
              strokeWidth={6}
            />
            <text x={at(value)} y={y + 30} dx={8} className="tabular fill-ink text-xs">
              {percent(value)}
            </text>
          </g>
        );
      })}
    </svg>
  );
}

function Grid({ bottom, top = HEAD - 6 }: { readonly bottom: number; readonly top?: number }) {
  return [0, 25, 50, 75, 100].map((value) => (
    <g key={value}>
      <line x1={at(value)} x2={at(value)} y1={top} y2={bottom} className="stroke-line" />
      <text
        x={at(value)}
        y={bottom + 16}
        textAnchor={value === 0 ? 'start' : value === 100 ? 'end' : 'middle'}
        className="tabular fill-ink-muted text-xs"
      >
        {value}
      </text>
    </g>
  ));
}
