import { useEffect, useState } from 'react';
import { conversationStore, useStore } from '../../conversations/data/store.ts';
import { toAppError, type AppError } from '../../errors/app-error.ts';
import { ErrorAlert } from '../../ui/feedback/error-alert.tsx';
import { keepBuiltInSets } from '../data/built-in-sets.ts';
import { ExamsContext, type ExamsEnvironment } from './environment.ts';
import { HomeScreen } from './home-screen.tsx';
import { PracticeScreen } from './practice/practice-screen.tsx';
import { RunScreen } from './runs/run-screen.tsx';
import { SetScreen } from './sets/set-screen.tsx';

export type ExamsPlace =
  | { readonly screen: 'exams'; readonly setId: string | null; readonly practice: boolean }
  | { readonly screen: 'runs'; readonly runId: string };

/** Question sets, practice and runs: `#/exams`, `#/exams/<set>`, `#/exams/<set>/practice`, `#/runs/<id>`. */
export function ExamsScreen({
  place,
  environment,
}: {
  readonly place: ExamsPlace;
  readonly environment: ExamsEnvironment;
}) {
  const store = useStore((state) => state.store);
  const [error, setError] = useState<AppError | null>(null);
  useEffect(() => {
    conversationStore()
      .then((opened) => keepBuiltInSets(opened, { anew: false }))
      .catch((thrown: unknown) => {
        setError(toAppError(thrown));
      });
  }, []);
  return (
    <ExamsContext value={environment}>
      <div className="mx-auto grid w-full max-w-[56rem] content-start gap-8 px-5 py-10">
        {error && <ErrorAlert error={error} />}
        {store && <Place place={place} />}
      </div>
    </ExamsContext>
  );
}

function Place({ place }: { readonly place: ExamsPlace }) {
  if (place.screen === 'runs') return <RunScreen key={place.runId} runId={place.runId} />;
  if (place.setId === null) return <HomeScreen />;
  return place.practice ? (
    <PracticeScreen key={place.setId} setId={place.setId} />
  ) : (
    <SetScreen key={place.setId} setId={place.setId} />
  );
}
