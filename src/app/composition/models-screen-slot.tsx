import { QueryClientProvider } from '@tanstack/react-query';
import type { ModelRuntime } from '../../models/load/model-runtime.ts';
import { ModelsScreen } from '../../models/screen/models-screen.tsx';
import { tabEngine } from '../../engine/tab/engine-store.ts';
import { queries } from './queries.ts';
import { chatModel, loadFromCatalogue, useEngineState } from './model-runtime.ts';

const runtime: ModelRuntime = {
  useEngineState,
  load: loadFromCatalogue,
  unload: () => tabEngine.unload(),
  generate: chatModel.generate,
};

export default function ModelsScreenSlot() {
  return (
    <QueryClientProvider client={queries}>
      <ModelsScreen runtime={runtime} />
    </QueryClientProvider>
  );
}
