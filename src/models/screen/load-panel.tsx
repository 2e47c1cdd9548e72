import { useState, type ReactNode } from 'react';
import { PHASE_NAMES } from '../../engine/load-phases.ts';
import type { EngineState, LoadProgress } from '../../engine/port.ts';
import { isAbort, toAppError, type AppError } from '../../errors/app-error.ts';
import { Button } from '../../ui/button.tsx';
import { ErrorAlert } from '../../ui/feedback/error-alert.tsx';
import { Progress, transferText } from '../../ui/feedback/progress.tsx';
import type { RunnableEntry } from '../catalogue/catalogue-schema.ts';
import type { LoadOption } from '../load/model-to-load.ts';
import { preferForm } from './models-store.ts';
import type { PackageForm } from '../storage/records.ts';
import { FORM_NAMES, Radios } from './source-picker.tsx';

/** The engine of this tab, as the app composes it. */
export interface ModelRuntime {
  /** Hook. */
  readonly useEngineState: () => EngineState;
  /** Loads what `modelToLoad` finds best; `takeOver` makes another tab let go of it first. @throws AppError. */
  readonly load: (modelId: string, options?: { readonly takeOver?: boolean }) => Promise<unknown>;
  readonly unload: () => Promise<void>;
}

export interface LoadPanelProps {
  readonly entry: RunnableEntry;
  /** Best first; empty: nothing here runs on this device. */
  readonly options: readonly LoadOption[];
  readonly runtime: ModelRuntime;
  /** What follows below; told whether the engine holds this model. */
  readonly children: (inUse: boolean) => ReactNode;
}

/** Load and Unload, and what the engine is doing with this model. */
export function LoadPanel({ entry, options, runtime, children }: LoadPanelProps) {
  const state = runtime.useEngineState();
  const [failure, setFailure] = useState<AppError | null>(null);
  const here = modelIdOf(state) === entry.id;
  const loading = state.status === 'loading' && here;
  const loaded = here && (state.status === 'ready' || state.status === 'generating') ? state.loaded : null;
  const busy = state.status === 'loading' || state.status === 'generating';
  const run = (work: Promise<unknown>): void => {
    setFailure(null);
    work.catch((thrown: unknown) => {
      if (!isAbort(thrown)) setFailure(toAppError(thrown));
    });
  };
  const unload = (): void => {
    run(runtime.unload());
  };
  return (
    <>
      {(options.length > 0 || loaded !== null || loading || failure !== null) && (
        <div className="grid gap-3">
          {failure && (
            <ErrorAlert error={failure}>
              {failure.code === 'engine/in-use-elsewhere' && (
                <Button
                  size="small"
                  onClick={() => {
                    run(runtime.load(entry.id, { takeOver: true }));
                  }}
                >
                  Use it here
                </Button>
              )}
            </ErrorAlert>
          )}
          {loading && (
            <Progress
              label={`Loading ${entry.name}`}
              done={state.progress.fraction}
              total={1}
              text={phaseText(state.progress)}
            />
          )}
          {loaded && (
            <p className="text-sm">
              <span className="font-medium text-ok">Loaded.</span> {loaded.backendReason}{' '}
              <span className="text-ink-muted">
                Window {loaded.contextLength.toLocaleString('en-GB')} tokens, weights {loaded.quantization}.
              </span>
            </p>
          )}
          <div className="flex flex-wrap items-center gap-2">
            {loaded || loading ? (
              <Button onClick={unload}>Unload</Button>
            ) : (
              options.length > 0 && (
                <Button
                  look="primary"
                  disabled={busy}
                  onClick={() => {
                    run(runtime.load(entry.id));
                  }}
                >
                  Load
                </Button>
              )
            )}
          </div>
          {options.length > 1 && (
            <FormChoice entry={entry} options={options} disabled={here} onFailure={setFailure} />
          )}
        </div>
      )}
      {children(here)}
    </>
  );
}

interface FormChoiceProps {
  readonly entry: RunnableEntry;
  readonly options: readonly LoadOption[];
  readonly disabled: boolean;
  readonly onFailure: (error: AppError) => void;
}

/** Several forms of one model are here: which one Load takes. */
function FormChoice({ entry, options, disabled, onFailure }: FormChoiceProps) {
  const forms = [...new Set(options.map(({ form }) => form))];
  const [first] = forms;
  if (first === undefined || forms.length < 2) return null;
  return (
    <fieldset disabled={disabled} className="disabled:opacity-60">
      <legend className="sr-only">What to load of {entry.name}</legend>
      <Radios<PackageForm>
        legend="Load takes"
        value={first}
        choices={[...forms].sort().map((form) => [form, FORM_NAMES[form]])}
        onPick={(form) => {
          preferForm(entry.id, form).catch((thrown: unknown) => {
            onFailure(toAppError(thrown, 'storage/failed'));
          });
        }}
      />
    </fieldset>
  );
}

/** e.g. `reading the weights · 1.2 GB of 3.83 GB`. */
function phaseText({ phase, loadedBytes, totalBytes }: LoadProgress): string {
  const bytes = phase !== 'compile' && totalBytes > 0 ? ` · ${transferText(loadedBytes, totalBytes, 0)}` : '';
  return PHASE_NAMES[phase] + bytes;
}

function modelIdOf(state: EngineState): string | null {
  switch (state.status) {
    case 'loading':
      return state.model.modelId;
    case 'ready':
    case 'generating':
    case 'lost':
      return state.loaded.modelId;
    case 'idle':
    case 'failed':
      return null;
  }
}
