import { useId } from 'react';
import { engineName } from '../../engine/registry.ts';
import { PHASE_NAMES } from '../../engine/load-phases.ts';
import { serverTitle } from '../../engine/tab/server-title.ts';
import type { EngineState, LoadedModel } from '../../engine/port.ts';
import type { ErrorText } from '../../errors/error-text.ts';
import { formatCount } from '../../lib/format.ts';
import { classNames } from '../../ui/class-names.ts';
import { useErrorText } from '../../ui/feedback/use-error-text.ts';
import { useEngineState } from '../composition/model-runtime.ts';
import { ModelPicker } from './model-picker.tsx';

/** Which model, loading or ready, on what; the reason is a press away and always there for screen readers. */
export function ModelStatus({ picker }: { readonly picker: boolean }) {
  const state = useEngineState();
  const popoverId = useId();
  const problem = useErrorText('error' in state ? state.error : null);
  const { name, text, reason, tone } = describe(state, problem);
  const progress = state.status === 'loading' ? state.progress.fraction : null;
  const loaded = 'loaded' in state ? state.loaded : null;
  return (
    <div className="relative flex min-h-9 min-w-0 basis-full items-center gap-x-1 border-t border-line px-3 text-xs lg:ml-auto lg:basis-auto lg:border-t-0 lg:px-5">
      {picker && <ModelPicker name={name || 'none'} state={state} />}
      <div role="status" aria-label="Model status" className="flex min-w-0 items-baseline gap-x-2">
        <span aria-hidden className={classNames('size-1.5 shrink-0 self-center rounded-full', TONES[tone])} />
        {name !== '' && <span className={picker ? 'sr-only' : 'truncate font-medium'}>{name}</span>}
        <span className="tabular truncate text-ink-muted">{text}</span>
        {reason !== '' && <span className="sr-only">{reason}</span>}
      </div>
      {(loaded !== null || state.status === 'failed') && (
        <>
          <button
            type="button"
            popoverTarget={popoverId}
            className="ml-auto min-h-9 shrink-0 pl-2 text-accent underline underline-offset-2"
          >
            {question(state)}
          </button>
          <div
            id={popoverId}
            popover="auto"
            className="inset-auto top-20 right-3 m-0 w-[min(24rem,calc(100vw-1.5rem))] rounded-md border border-line bg-surface p-4 text-sm text-ink shadow-float lg:top-14"
          >
            <p>{reason}</p>
            {loaded && <Facts loaded={loaded} />}
          </div>
        </>
      )}
      {progress !== null && (
        <div aria-hidden className="absolute inset-x-0 -bottom-px h-0.5 bg-line">
          <div
            className="h-full origin-left bg-accent transition-transform"
            style={{ transform: `scaleX(${progress.toFixed(3)})` }}
          />
        </div>
      )}
    </div>
  );
}

/** What the words behind the press answer. */
function question(state: EngineState): string {
  if (state.status === 'ready' || state.status === 'generating') {
    const { backend } = state.loaded;
    return backend === 'server' ? 'Which server?' : backend === 'webgpu' ? 'Why the GPU?' : 'Why the CPU?';
  }
  return 'What went wrong?';
}

const TONES = {
  quiet: 'bg-line-strong',
  busy: 'bg-warn',
  good: 'bg-ok',
  bad: 'bg-danger',
} as const;

interface Description {
  readonly name: string;
  readonly text: string;
  readonly reason: string;
  readonly tone: keyof typeof TONES;
}

function describe(state: EngineState, problem: ErrorText | null): Description {
  switch (state.status) {
    case 'idle':
      return { name: '', text: 'No model loaded', reason: '', tone: 'quiet' };
    case 'loading': {
      const { fraction, phase } = state.progress;
      const text = `loading ${String(Math.floor(fraction * 100))} %, ${PHASE_NAMES[phase]}`;
      return { name: state.model.displayName, text, reason: '', tone: 'busy' };
    }
    case 'ready':
      return {
        name: state.loaded.displayName,
        text: `ready ${placeOf(state.loaded)}`,
        reason: state.loaded.backendReason,
        tone: 'good',
      };
    case 'generating':
      return {
        name: state.loaded.displayName,
        text: `writing ${placeOf(state.loaded)}`,
        reason: state.loaded.backendReason,
        tone: 'good',
      };
    case 'failed': {
      return { name: '', ...told(problem), tone: 'bad' };
    }
    case 'lost': {
      return { name: state.loaded.displayName, ...told(problem), tone: 'bad' };
    }
  }
}

/** Empty for the moment until the words are there. */
function told(problem: ErrorText | null): { text: string; reason: string } {
  if (!problem) return { text: '', reason: '' };
  return { text: problem.title, reason: `${problem.cause} ${problem.action}` };
}

function placeOf({ backend, threads, server }: LoadedModel): string {
  if (server) return `on ${server.name}`;
  if (backend === 'webgpu') return 'on the GPU';
  return threads > 1 ? `on the CPU, ${formatCount(threads)} threads` : 'on the CPU';
}

function Facts({ loaded }: { readonly loaded: LoadedModel }) {
  const { server } = loaded;
  const rows: readonly (readonly [string, string])[] = server
    ? [
        ['Server', serverTitle(server)],
        ['Model there', server.model],
        ['Software', loaded.engineVersion],
        ['Window', `${formatCount(loaded.contextLength)} tokens`],
      ]
    : hereRows(loaded);
  return (
    <dl className="mt-3 grid grid-cols-[auto_1fr] gap-x-4 gap-y-1 border-t border-line pt-3 text-xs">
      {rows.map(([name, value]) => (
        <div key={name} className="contents">
          <dt className="text-ink-muted">{name}</dt>
          <dd className="tabular">{value}</dd>
        </div>
      ))}
    </dl>
  );
}

function hereRows(loaded: LoadedModel): readonly (readonly [string, string])[] {
  return [
    ['Weights', loaded.quantization],
    ['Engine', `${engineName(loaded.engine)} ${loaded.engineVersion}`],
    ['Graphics', loaded.adapter || 'not used'],
    ['On the GPU', `${formatCount(loaded.gpuLayers)} of ${formatCount(loaded.totalLayers)} layers`],
    ['Window', `${formatCount(loaded.contextLength)} tokens`],
  ];
}
