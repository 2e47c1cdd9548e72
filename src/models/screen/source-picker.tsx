import { MLC_QUANTIZATIONS } from '../../formats/mlc-package/quantization.ts';
import { useId } from 'react';
import { formatBytes } from '../../lib/format.ts';
import { classNames } from '../../ui/class-names.ts';
import type { CatalogueSource, RunnableEntry } from '../catalogue/catalogue-schema.ts';
import type { PackageForm } from '../storage/records.ts';
import type { SourceChoice } from './source-choice.ts';
import { RMSE_AXIS, rmsePlace, rmseText } from '../catalogue/relative-rmse.ts';

export interface SourcePickerProps {
  readonly entry: RunnableEntry;
  readonly choice: SourceChoice;
  readonly onChange: (choice: SourceChoice) => void;
  readonly disabled: boolean;
}

export const FORM_NAMES: Record<PackageForm, string> = {
  q4f16_1: 'GPU package, 16-bit (q4f16_1)',
  q4f32_1: 'GPU package, 32-bit (q4f32_1)',
  gguf: 'GGUF, for llama.cpp',
};

/** Which file, as what. Folded away: the recommended choice serves nearly everyone. */
export function SourcePicker({ entry, choice, onChange, disabled }: SourcePickerProps) {
  const forms = MLC_QUANTIZATIONS.filter((form) => entry.mlc?.quantizations[form] !== undefined);
  return (
    <details className="group">
      <summary className="w-fit text-sm font-medium text-accent">Source and form</summary>
      <fieldset disabled={disabled} className="mt-3 grid gap-6 disabled:opacity-60">
        <legend className="sr-only">Source and form</legend>
        <SourceTable
          entry={entry}
          sourceId={choice.sourceId}
          onPick={(sourceId) => {
            onChange({ ...choice, sourceId });
          }}
        />
        <div className="flex flex-wrap gap-x-10 gap-y-4">
          {forms.length > 1 && (
            <Radios
              legend="Convert makes"
              value={choice.mlcForm}
              choices={forms.map((form) => [form, FORM_NAMES[form]])}
              onPick={(mlcForm) => {
                onChange({ ...choice, mlcForm });
              }}
            />
          )}
          {forms.length > 0 && entry.llamacpp && (
            <Radios
              legend="A GGUF from disk is"
              value={choice.importAs}
              choices={[
                ['package', 'converted for the GPU engine'],
                ['gguf', 'kept as it is, for llama.cpp'],
              ]}
              onPick={(importAs) => {
                onChange({ ...choice, importAs });
              }}
            />
          )}
          {forms.length > 0 && (
            <Radios
              legend="Rounding, where weights must be rounded"
              value={choice.quality}
              choices={[
                ['fast', 'quick'],
                ['best', 'thorough: the best scale per group, several times slower'],
              ]}
              onPick={(quality) => {
                onChange({ ...choice, quality });
              }}
            />
          )}
        </div>
      </fieldset>
    </details>
  );
}

interface RadiosProps<T extends string> {
  readonly legend: string;
  readonly value: T;
  readonly choices: readonly (readonly [T, string])[];
  readonly onPick: (value: T) => void;
}

/** A few exclusive choices, one below the other. */
export function Radios<T extends string>({ legend, value, choices, onPick }: RadiosProps<T>) {
  const name = useId();
  return (
    <fieldset className="grid content-start gap-1">
      <legend className="side-head mb-1">{legend}</legend>
      {choices.map(([each, label]) => (
        <label key={each} className="flex min-h-8 items-center gap-2 text-sm">
          <input
            type="radio"
            name={name}
            checked={each === value}
            onChange={() => {
              onPick(each);
            }}
            className="size-4"
          />
          {label}
        </label>
      ))}
    </fieldset>
  );
}

interface SourceTableProps {
  readonly entry: RunnableEntry;
  readonly sourceId: string;
  readonly onPick: (sourceId: string) => void;
}

function SourceTable({ entry, sourceId, onPick }: SourceTableProps) {
  const name = useId();
  const measured = entry.sources.some((source) => source.relativeRmse !== null);
  return (
    <div className="overflow-x-auto">
      <table className="w-full min-w-[19rem] border-collapse text-sm">
        <thead>
          <tr className="border-b border-line text-left">
            <th scope="col" className="side-head py-1 pr-4">
              Source
            </th>
            <th scope="col" className="side-head py-1 pr-4 text-right">
              Size
            </th>
            {measured && (
              <th scope="col" className="side-head w-56 py-1 max-sm:w-24">
                Error once converted
              </th>
            )}
          </tr>
        </thead>
        <tbody>
          {entry.sources.map((source) => (
            <tr
              key={source.id}
              className={classNames('border-b border-line', source.id === sourceId && 'bg-accent-soft')}
            >
              <th scope="row" className="py-1 pr-4 text-left font-normal">
                <label className="flex min-h-8 items-center gap-2">
                  <input
                    type="radio"
                    name={name}
                    checked={source.id === sourceId}
                    onChange={() => {
                      onPick(source.id);
                    }}
                    className="size-4 shrink-0"
                  />
                  {source.label}
                </label>
              </th>
              <td className="tabular py-1 pr-4 text-right whitespace-nowrap">
                {source.bytes > 0 ? formatBytes(source.bytes) : ''}
              </td>
              {measured && (
                <td className="py-1 align-middle">
                  <ErrorMark source={source} />
                </td>
              )}
            </tr>
          ))}
        </tbody>
        {measured && (
          <tfoot aria-hidden>
            <tr>
              <td colSpan={2} />
              <td>
                <Axis />
              </td>
            </tr>
          </tfoot>
        )}
      </table>
      <p className="mt-2 max-w-measure text-xs text-ink-muted">
        {entry.sources.find(({ id }) => id === sourceId)?.note}
      </p>
      {measured && (
        <p className="mt-2 max-w-measure text-xs text-ink-muted">
          Error: root-mean-square difference from the original weights, as a share of their size, after
          conversion to 4 bits for the GPU. Blank: not measured.
        </p>
      )}
    </div>
  );
}

const WIDTH = 200;
const HEIGHT = 16;

/** A dot, or a bar from best to worst, on the axis all sources share. */
function ErrorMark({ source }: { readonly source: CatalogueSource }) {
  const range = source.relativeRmse;
  if (range === null) return <span className="sr-only">not measured</span>;
  const from = rmsePlace(range[0]) * WIDTH;
  const to = rmsePlace(range[1]) * WIDTH;
  return (
    <span className="flex items-center gap-2" title={rmseText(range)}>
      <svg
        aria-hidden
        viewBox={`0 0 ${String(WIDTH)} ${String(HEIGHT)}`}
        preserveAspectRatio="none"
        className="h-4 w-full text-accent max-sm:hidden"
      >
        {RMSE_AXIS.ticks.map((tick) => (
          <line
            key={tick}
            x1={rmsePlace(tick) * WIDTH}
            x2={rmsePlace(tick) * WIDTH}
            y1={0}
            y2={HEIGHT}
            className="stroke-line"
          />
        ))}
        <line x1={from} x2={to} y1={HEIGHT / 2} y2={HEIGHT / 2} stroke="currentColor" strokeWidth={3} />
        <circle cx={from} cy={HEIGHT / 2} r={3.5} fill="currentColor" />
        <circle cx={to} cy={HEIGHT / 2} r={3.5} fill="currentColor" />
      </svg>
      <span className="tabular text-xs whitespace-nowrap sm:sr-only">{rmseText(range)}</span>
    </span>
  );
}

function Axis() {
  return (
    <svg viewBox={`0 0 ${String(WIDTH)} 14`} className="h-3.5 w-full text-ink-muted max-sm:hidden">
      {RMSE_AXIS.ticks.map((tick) => (
        <text
          key={tick}
          x={rmsePlace(tick) * WIDTH}
          y={11}
          textAnchor="middle"
          fontSize={10}
          fill="currentColor"
        >
          {tick} %
        </text>
      ))}
    </svg>
  );
}
