import { useMemo } from 'react';
import { useRunService } from '../../exams/runs/run-service.ts';
import { keepKeyWhile } from '../../lock/keyring.ts';
import type { ExamsEnvironment } from '../../exams/screen/environment.ts';
import { ExamsScreen, type ExamsPlace } from '../../exams/screen/exams-screen.tsx';
import { useNotice } from '../../notice/store.ts';
import { showErrorToast } from '../../ui/feedback/use-error-text.ts';
import { askInNewChat } from './chat-composition.ts';
import { chatModel, prepareModel } from './model-runtime.ts';

// Between two questions of a run no engine is at work, and its next result needs the key.
keepKeyWhile(() => useRunService.getState().active !== null);

/** The exams with what they need of the shell. */
export default function ExamsScreenSlot({
  place,
  navigate,
}: {
  readonly place: ExamsPlace;
  readonly navigate: (path: string) => void;
}) {
  const environment = useMemo(
    (): ExamsEnvironment => ({
      appVersion: __APP_VERSION__,
      notice: () => useNotice.getState(),
      permit: (signal) => chatModel.permit(signal),
      prepareModel,
      askInChat: async (question) => {
        try {
          navigate(await askInNewChat(question));
        } catch (thrown) {
          showErrorToast(thrown);
        }
      },
      navigate,
    }),
    [navigate],
  );
  return <ExamsScreen place={place} environment={environment} />;
}
