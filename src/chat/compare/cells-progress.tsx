import { Button } from '../../ui/button.tsx';
import { ErrorAlert } from '../../ui/feedback/error-alert.tsx';
import { Progress } from '../../ui/feedback/progress.tsx';
import type { CellsState } from './use-cells.ts';

/** How far it is, and the way to stop. */
export function CellsProgress({ cells: { running, error, stop } }: { readonly cells: CellsState }) {
  if (error) return <ErrorAlert error={error} />;
  if (!running) return null;
  const { begun, of } = running;
  return (
    <div className="flex flex-wrap items-center gap-3">
      <div className="min-w-40 flex-1">
        <Progress
          label="Versions"
          done={Math.max(0, begun - 1)}
          total={of}
          text={begun === 0 ? 'Waiting for the model' : `Writing ${String(begun)} of ${String(of)}`}
        />
      </div>
      <Button size="small" onClick={stop}>
        Stop
      </Button>
    </div>
  );
}
