import { useEffect, useRef, useState } from 'react';
import { useDeviceProbe } from '../../device/use-device.ts';
import { loadMsOf } from '../../engine/load-times.ts';
import type { LoadedModel } from '../../engine/port.ts';
import { isAbort, toAppError, type AppError } from '../../errors/app-error.ts';
import { Button } from '../../ui/button.tsx';
import { ErrorAlert } from '../../ui/feedback/error-alert.tsx';
import { Progress } from '../../ui/feedback/progress.tsx';
import type { RunnableEntry } from '../catalogue/catalogue-schema.ts';
import type { LoadOption } from '../load/model-to-load.ts';
import type { ModelRuntime } from '../load/model-runtime.ts';
import { preferForm } from '../screen/models-store.ts';
import { FORM_NAMES } from '../screen/source-picker.tsx';
import type { PackageForm } from '../storage/records.ts';
import {
  assertAllMeasured,
  faster,
  find,
  keepMeasured,
  measuredFrom,
  readMeasured,
  type Measured,
} from './comparison.ts';
import { makeRunReport, reportFileName } from './run-report.ts';
import { measureSpeeds } from './trial.ts';

export interface MeasurePanelProps {
  readonly entry: RunnableEntry;
  /** Best first. */
  readonly options: readonly LoadOption[];
  /** null: the engine holds another model, or none. */
  readonly loaded: LoadedModel | null;
  /** The engine loads, or writes. */
  readonly busy: boolean;
  readonly runtime: ModelRuntime;
}

interface Work {
  readonly what: string;
  readonly share: number;
}

const BUILD = `${__APP_VERSION__} ${__APP_COMMIT__}`;

/** What a model really does on this machine: which of two engines answers sooner, and a report for whoever asks. */
export default function MeasurePanel({ entry, options, loaded, busy, runtime }: MeasurePanelProps) {
  const probe = useDeviceProbe();
  const adapter = probe.data?.gpu.status === 'available' ? probe.data.gpu.name : '';
  const [all, setAll] = useState(() => readMeasured(localStorage));
  const [work, setWork] = useState<Work | null>(null);
  const [error, setError] = useState<AppError | null>(null);
  const [saved, setSaved] = useState('');
  const stop = useRef<AbortController | null>(null);
  useEffect(
    () => () => {
      stop.current?.abort();
    },
    [],
  );
  const forms = rivals(options);

  const act = (job: (signal: AbortSignal) => Promise<void>): void => {
    const mine = new AbortController();
    stop.current = mine;
    setError(null);
    setSaved('');
    job(mine.signal)
      .catch((thrown: unknown) => {
        if (!isAbort(thrown)) setError(toAppError(thrown));
      })
      .finally(() => {
        setWork(null);
      });
  };

  const compare = async (signal: AbortSignal): Promise<void> => {
    const [before] = options;
    const fresh: Measured[] = [];
    try {
      for (const [index, form] of forms.entries()) {
        setWork({ what: `Loading the ${FORM_NAMES[form]}`, share: index / forms.length });
        await preferForm(entry.id, form);
        await runtime.unload();
        signal.throwIfAborted();
        const model = await runtime.load(entry.id);
        setWork({ what: `Measuring the ${FORM_NAMES[form]}`, share: (index + 0.5) / forms.length });
        const speeds = await measureSpeeds(runtime.generate, signal);
        const about = {
          adapter,
          build: BUILD,
          modelId: entry.id,
          form,
          backend: model.backend,
          at: Date.now(),
        };
        const measured = measuredFrom(about, speeds);
        if (measured) fresh.push(measured);
      }
      setAll(keepMeasured(localStorage, fresh));
      assertAllMeasured(forms, fresh);
    } finally {
      // As it was before: which one Load takes is a person's choice.
      if (before) await preferForm(entry.id, before.form);
      await runtime.unload();
    }
  };

  const report = async (model: LoadedModel, signal: AbortSignal): Promise<void> => {
    setWork({ what: `Measuring ${entry.name}`, share: 0 });
    const made = await makeRunReport({
      loaded: model,
      generate: runtime.generate,
      loadMs: loadMsOf(model),
      app: { version: __APP_VERSION__, commit: __APP_COMMIT__ },
      userAgent: navigator.userAgent,
      now: new Date(),
      signal,
      onProgress: (share) => {
        setWork({ what: `Measuring ${entry.name}`, share });
      },
    });
    const { download } = await import('../../transcripts/export/save-file.ts');
    const name = reportFileName(made);
    download(new File([`${JSON.stringify(made, null, 2)}\n`], name, { type: 'application/json' }));
    setSaved(name);
  };

  return (
    <div className="grid gap-2">
      {forms.length > 1 && (
        <Comparison
          forms={forms}
          of={(form) => find(all, { adapter, build: BUILD, modelId: entry.id, form })}
        />
      )}
      {work && <Progress label={work.what} done={work.share} total={1} />}
      {error && <ErrorAlert error={error} />}
      <div className="flex flex-wrap items-center gap-2">
        {work ? (
          <Button size="small" onClick={() => stop.current?.abort()}>
            Stop measuring
          </Button>
        ) : (
          <>
            {forms.length > 1 && (
              <Button
                size="small"
                disabled={busy}
                onClick={() => {
                  act(compare);
                }}
              >
                Measure which is faster
              </Button>
            )}
            {loaded && (
              <Button
                size="small"
                disabled={busy}
                onClick={() => {
                  act((signal) => report(loaded, signal));
                }}
              >
                Report how it ran here
              </Button>
            )}
          </>
        )}
      </div>
      {saved !== '' && (
        <p role="status" className="max-w-measure text-sm [overflow-wrap:anywhere]">
          Saved as {saved}: adapter, browser, versions, speeds, and hashes of replies to three fixed
          questions; no word of yours. Nothing was sent.
        </p>
      )}
    </div>
  );
}

/** What was measured, and what follows from it; or that nothing was. */
function Comparison({
  forms,
  of,
}: {
  readonly forms: readonly PackageForm[];
  readonly of: (form: PackageForm) => Measured | null;
}) {
  const found = forms.map((form) => ({ form, measured: of(form) }));
  const known = found.flatMap(({ measured }) => measured ?? []);
  const [a, b] = known;
  if (!a || !b) {
    return (
      <p className="max-w-measure text-sm text-ink-muted">
        Both of these run here. Which is faster on this machine has not been measured; it takes two loads and
        ten seconds.
      </p>
    );
  }
  const best = faster(a, b);
  return (
    <div role="group" aria-label="Measured here" className="grid gap-1 text-sm">
      <ul className="tabular grid gap-0.5">
        {found.map(
          ({ form, measured }) =>
            measured && (
              <li key={form}>
                {FORM_NAMES[form]}: reads {measured.prefill.toFixed(0)} tokens a second, writes{' '}
                {measured.decode === null ? 'less than can be measured' : measured.decode.toFixed(1)}
                {measured.backend === 'cpu' && ', on the CPU'}
              </li>
            ),
        )}
      </ul>
      <p className="font-medium">
        {best === null
          ? 'Neither answers clearly sooner here.'
          : `Faster here: ${FORM_NAMES[forms.find((form) => form === best.form) ?? 'gguf']}.`}
      </p>
      <p className="text-xs text-ink-muted">
        Measured {new Date(a.at).toLocaleDateString('en-GB')} with this version of the app; a turn of 300
        tokens read and 200 written decides.
      </p>
    </div>
  );
}

/** One form for each engine: the best package, and the GGUF. */
function rivals(options: readonly LoadOption[]): readonly PackageForm[] {
  const forms = options.map(({ form }) => form);
  const gpu = forms.find((form) => form !== 'gguf');
  return gpu !== undefined && forms.includes('gguf') ? [gpu, 'gguf'] : [];
}
