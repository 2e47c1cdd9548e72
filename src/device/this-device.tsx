import { useId } from 'react';
import { formatBytes, formatCount } from '../lib/format.ts';
import { advise, type Advice } from './advice.ts';
import type { DeviceProbe } from './probe.ts';
import { SpeedPlot, type SpeedRow } from './speed-plot.tsx';
import { useDeviceProbe, useGpuBandwidth } from './use-device.ts';
import { verdict, type ModelNeeds, type Verdict } from './verdict.ts';

export interface ThisDeviceProps {
  /** Entries of the catalogue, in its order. */
  readonly models: readonly ModelNeeds[];
  /** false while a model is on the GPU: the measurement would take memory and time from it. */
  readonly measure?: boolean;
}

/** What this browser and GPU can do for these models, and what to change if it is too little. */
export function ThisDevice({ models, measure = true }: ThisDeviceProps) {
  const headingId = useId();
  const probe = useDeviceProbe();
  const bandwidth = useGpuBandwidth(probe.data, measure);
  const verdicts = probe.data
    ? models.map((model) => verdict(probe.data, model, bandwidth.data?.bytesPerSecond ?? null))
    : [];
  return (
    <section
      aria-labelledby={headingId}
      aria-busy={probe.isPending || bandwidth.isFetching}
      className="border border-line bg-surface px-5 py-5 sm:px-7"
    >
      <h2 id={headingId} className="side-head">
        This device
      </h2>
      {probe.data ? (
        <Findings probe={probe.data} verdicts={verdicts} bandwidth={bandwidth} />
      ) : (
        <p className="mt-1 font-serif text-lg text-ink-muted">Looking at what this browser can do…</p>
      )}
    </section>
  );
}

function Findings({
  probe,
  verdicts,
  bandwidth,
}: {
  readonly probe: DeviceProbe;
  readonly verdicts: readonly Verdict[];
  readonly bandwidth: ReturnType<typeof useGpuBandwidth>;
}) {
  const advice = advise(probe);
  const rows = verdicts.flatMap(speedRow);
  return (
    <div className="grid gap-6">
      <p className="mt-1 max-w-measure font-serif text-lg text-balance">{summary(verdicts)}</p>
      {rows.length > 0 && <SpeedPlot rows={rows} />}
      <p className="max-w-measure text-sm text-ink-muted">{speedNote(probe, bandwidth)}</p>
      <ul className="grid gap-4">
        {verdicts.map((each) => (
          <VerdictItem key={each.modelId} verdict={each} />
        ))}
      </ul>
      {advice.length > 0 && <AdviceList advice={advice} />}
      <details className="border-t border-line pt-3 text-sm">
        <summary className="text-accent">What was found</summary>
        <Facts probe={probe} bandwidth={bandwidth.data?.bytesPerSecond ?? null} />
      </details>
    </div>
  );
}

function VerdictItem({
  verdict: { modelName, headline, way, slow, reasons, doubts },
}: {
  readonly verdict: Verdict;
}) {
  return (
    <li className="grid gap-x-6 sm:grid-cols-[10rem_1fr]">
      <span className="font-serif text-base font-semibold">{modelName}</span>
      <div className="text-sm">
        <p className={`font-medium ${way === null ? 'text-danger' : slow ? 'text-warn' : 'text-ok'}`}>
          {headline}
        </p>
        {reasons.map((reason) => (
          <p key={reason} className="text-ink-muted">
            {reason}
          </p>
        ))}
        {doubts.map((doubt) => (
          <p key={doubt} className="text-warn">
            {doubt}
          </p>
        ))}
      </div>
    </li>
  );
}

function AdviceList({ advice }: { readonly advice: readonly Advice[] }) {
  return (
    <div className="max-w-measure">
      <h3 className="side-head">What to change</h3>
      <ol className="mt-1 grid list-decimal gap-1 pl-5 text-sm marker:text-ink-muted">
        {advice.map(({ text, address }) => (
          <li key={text}>
            {text}{' '}
            {address !== null && (
              <code className="rounded-sm bg-sunken px-1 font-mono text-xs inline-block select-all">
                {address}
              </code>
            )}
          </li>
        ))}
      </ol>
    </div>
  );
}

function Facts({ probe, bandwidth }: { readonly probe: DeviceProbe; readonly bandwidth: number | null }) {
  const facts = Object.entries(factsOf(probe, bandwidth));
  return (
    <dl className="mt-3 grid gap-x-6 gap-y-1 sm:grid-cols-[14rem_1fr]">
      {facts.map(([name, value]) => (
        <div key={name} className="contents">
          <dt className="text-ink-muted">{name}</dt>
          <dd className="tabular mb-2 break-words sm:mb-0">{value}</dd>
        </div>
      ))}
    </dl>
  );
}

/** One sentence: what runs, and what only just. */
function summary(verdicts: readonly Verdict[]): string {
  const running = verdicts.filter(({ way }) => way !== null);
  const well = running.filter(({ slow }) => !slow);
  const slowly = listOf(running.filter(({ slow }) => slow).map(({ modelName }) => modelName));
  if (running.length === 0) return 'No model of this app runs in this browser as it is.';
  if (well.length === 0) return `Only ${slowly} runs here, and too slowly to chat with.`;
  const places = new Set(well.map(({ way }) => (way?.on === 'gpu' ? 'graphics processor' : 'CPU')));
  const names = listOf(well.map(({ modelName }) => modelName));
  const main = `${names} ${well.length === 1 ? 'runs' : 'run'} here, on the ${listOf([...places])}`;
  return slowly === '' ? `${main}.` : `${main}; ${slowly} only too slowly to chat with.`;
}

function listOf(names: readonly string[]): string {
  return new Intl.ListFormat('en-GB').format(names);
}

function speedRow({ modelName, way, speed }: Verdict): readonly SpeedRow[] {
  if (way === null || speed === null) return [];
  const label = `${modelName}, on the ${way.on === 'gpu' ? 'GPU' : 'CPU'}`;
  return [{ label, speed, kind: way.on === 'gpu' ? 'predicted' : 'guessed' }];
}

function speedNote({ gpu }: DeviceProbe, bandwidth: ReturnType<typeof useGpuBandwidth>): string {
  const guess = 'Speeds on the CPU are rough guesses from another machine.';
  if (gpu.status !== 'available') return guess;
  if (gpu.software) return `${guess} A software adapter’s speed is not predicted.`;
  if (bandwidth.isFetching) return 'Measuring how fast the graphics processor reads its memory…';
  if (bandwidth.isError)
    return 'The graphics processor’s memory could not be measured, so no speed is predicted for it.';
  if (!bandwidth.data) return 'The graphics processor’s speed is measured when no model is using it.';
  return `A prediction, not a promise: the graphics processor read its memory at ${formatBytes(bandwidth.data.bytesPerSecond)}/s in a short test just now, and every token reads all weights once. Real speed stays below it. ${guess}`;
}

function factsOf(probe: DeviceProbe, bandwidth: number | null): Record<string, string> {
  const { gpu, wasm, storage } = probe;
  const yes = (has: boolean) => (has ? 'yes' : 'no');
  return {
    WebGPU:
      gpu.status === 'available'
        ? gpu.name + (gpu.software ? ' (software)' : '')
        : gpu.status === 'failed'
          ? `failed: ${gpu.message}`
          : {
              insecure: 'not offered to insecure pages',
              'no-api': 'not offered',
              'no-adapter': 'no adapter',
            }[gpu.because],
    ...(gpu.status === 'available' && {
      'shader-f16': yes(gpu.features.includes('shader-f16')),
      subgroups: yes(gpu.features.includes('subgroups')),
      'Largest buffer': formatBytes(gpu.limits.maxBufferSize),
      'Largest binding': formatBytes(gpu.limits.maxStorageBufferBindingSize),
      'Workgroup memory': `${formatCount(gpu.limits.maxComputeWorkgroupStorageSize)} bytes`,
      'Invocations a workgroup': formatCount(gpu.limits.maxComputeInvocationsPerWorkgroup),
      'Storage buffers a stage': formatCount(gpu.limits.maxStorageBuffersPerShaderStage),
      ...(bandwidth !== null && { 'Memory bandwidth, measured': `${formatBytes(bandwidth)}/s` }),
    }),
    'WebAssembly SIMD': yes(wasm.simd),
    'WebAssembly threads': yes(wasm.threads),
    'WebAssembly memory64': yes(wasm.memory64),
    'WebAssembly exceptions': yes(wasm.exceptions),
    'WebAssembly waits for promises (JSPI)': yes(wasm.jspi),
    'Page is cross-origin isolated': yes(probe.crossOriginIsolated),
    'Logical cores': formatCount(probe.logicalCores),
    Memory:
      probe.memoryGib === null
        ? 'not told by the browser'
        : `about ${String(probe.memoryGib)} GB, as the browser tells it`,
    Storage: storage
      ? `${formatBytes(storage.usedBytes)} used, ${formatBytes(Math.max(0, storage.quotaBytes - storage.usedBytes))} offered, ${storage.persistent ? 'persistent' : 'not persistent: the browser may clear it when the disk is full'}`
      : 'not told by the browser',
  };
}
