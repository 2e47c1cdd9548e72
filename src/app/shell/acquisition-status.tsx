/** What is being fetched, converted or verified, in any tab: in the header of every screen. */
import { formatDuration } from '../../lib/format.ts';
import { useModels } from '../../models/screen/models-store.ts';
import { acquisitionTitle } from '../../models/screen/acquisition-title.ts';

export default function AcquisitionStatus() {
  const active = useModels((state) => state.active);
  const name = useModels(
    (state) => state.installs.find((each) => each.id === state.active?.installId)?.acquisition.displayName,
  );
  if (!active) return null;
  const { doneBytes, totalBytes, bytesPerSecond } = active.progress;
  const share = totalBytes > 0 ? Math.min(1, doneBytes / totalBytes) : null;
  const left =
    bytesPerSecond > 0 && totalBytes > doneBytes
      ? `${formatDuration((totalBytes - doneBytes) / bytesPerSecond)} left`
      : '';
  const figures = [share === null ? '' : `${String(Math.floor(share * 100))} %`, left].filter(Boolean);
  return (
    <a
      href="#/models"
      className="tabular relative flex min-h-7 min-w-0 basis-full items-center gap-2 border-t border-line px-3 text-xs hover:text-accent lg:basis-auto lg:border-t-0 lg:px-5"
    >
      <span className="truncate">{acquisitionTitle(active.kind, name ?? active.modelId)}</span>
      <span className="shrink-0 text-ink-muted">{figures.join(' · ')}</span>
      <span aria-hidden className="absolute inset-x-0 -bottom-px h-0.5 bg-line">
        {share !== null && (
          <span
            className="block h-full origin-left bg-accent"
            style={{ transform: `scaleX(${share.toFixed(3)})` }}
          />
        )}
      </span>
    </a>
  );
}
