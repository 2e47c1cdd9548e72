import { QueryClientProvider } from '@tanstack/react-query';
import { MainModel } from '../../models/screen/main-model.tsx';
import { queries } from './queries.ts';

export default function MainModelSlot() {
  return (
    <QueryClientProvider client={queries}>
      <MainModel />
    </QueryClientProvider>
  );
}
