import { ChevronDown } from 'lucide-react';
import { lazy, Suspense, useState } from 'react';
import { useHashLocation } from 'wouter/use-hash-location';
import type { EngineState } from '../../engine/port.ts';
import { isAbort, toAppError } from '../../errors/app-error.ts';
import { useShortcut } from '../../ui/shortcuts.ts';
import { showErrorToast } from '../../ui/feedback/use-error-text.ts';
import { loadFromCatalogue } from '../composition/model-runtime.ts';

const loadMenu = () => import('../../models/picker/model-menu.tsx');
const ModelMenu = lazy(loadMenu);

const LOOK =
  'inline-flex min-h-7 min-w-0 items-center gap-1 rounded-md px-1.5 font-medium hover:bg-accent-soft hover:text-accent-strong pointer-coarse:min-h-9';

const measured = (): Promise<ReadonlyMap<string, number>> =>
  import('../composition/load-times.ts').then(({ loadTimes }) => loadTimes());

/** Which model answers, and the way to another: the chat stays. Until first used it is just a button. */
export function ModelPicker({ name, state }: { readonly name: string; readonly state: EngineState }) {
  const [, navigate] = useHashLocation();
  /** Each press of the key opens it anew. */
  const [wanted, setWanted] = useState(0);
  useShortcut('app.model', 'm', 'Choose the model', () => {
    setWanted(wanted + 1);
  });
  const waiting = (
    <button
      type="button"
      aria-label={`Model: ${name}`}
      aria-haspopup="menu"
      aria-expanded={false}
      className={LOOK}
      onPointerEnter={() => void loadMenu()}
      onFocus={() => void loadMenu()}
      onClick={() => {
        setWanted(wanted + 1);
      }}
    >
      <span className="truncate">{name}</span>
      <ChevronDown aria-hidden className="size-3.5 shrink-0" strokeWidth={1.75} />
    </button>
  );
  if (wanted === 0) return waiting;
  return (
    <Suspense fallback={waiting}>
      <ModelMenu
        key={wanted}
        name={name}
        state={state}
        loadTimes={measured}
        className={LOOK}
        onManage={() => {
          navigate('/models');
        }}
        onLoad={(modelId) => {
          loadFromCatalogue(modelId).catch((thrown: unknown) => {
            if (!isAbort(thrown)) showErrorToast(toAppError(thrown));
          });
        }}
      />
    </Suspense>
  );
}
