import { QueryClientProvider } from '@tanstack/react-query';
import type { ModelRuntime } from '../../models/screen/load-panel.tsx';
import { ModelsScreen } from '../../models/screen/models-screen.tsx';
import { useEngine } from '../../engine/engine-store.ts';
import { queries } from './queries.ts';
import { loadFromCatalogue, useEngineState } from './model-runtime.ts';

const runtime: ModelRuntime = {
  useEngineState,
  load: loadFromCatalogue,
  unload: () => useEngine.getState().unload(),
};

export default function ModelsScreenSlot() {
  return (
    <QueryClientProvider client={queries}>
      <ModelsScreen runtime={runtime} />
    </QueryClientProvider>
  );
}
