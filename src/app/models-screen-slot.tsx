import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import type { ModelRuntime } from '../models/load-panel.tsx';
import { ModelsScreen } from '../models/models-screen.tsx';
import { currentEngine } from './engine-access.ts';
import { loadFromCatalogue, useEngineState } from './model-runtime.ts';

const queries = new QueryClient();

const runtime: ModelRuntime = {
  useEngineState,
  load: loadFromCatalogue,
  unload: () => currentEngine().unload(),
};

export default function ModelsScreenSlot() {
  return (
    <QueryClientProvider client={queries}>
      <ModelsScreen runtime={runtime} />
    </QueryClientProvider>
  );
}
