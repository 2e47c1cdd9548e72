import { useEffect, useState } from 'react';
import { engineTurns } from '../../../engine/tab/turns.ts';
import { isAbort, toAppError, type AppError } from '../../../errors/app-error.ts';
import { NoticeLine } from '../../../notice/notice-line.tsx';
import type { SetRecord } from '../../data/set-record.ts';
import { letterOf, type Item } from '../../items/item.ts';
import type { PracticeAnswer } from '../../practice/records.ts';
import { ask } from '../../runs/ask.ts';
import { firstDraft, prepareRun } from '../../runs/draft.ts';
import { bestPosition, optionScores } from '../../runs/result.ts';
import { softmax } from '../../statistics/calibration.ts';
import { percent } from '../../export/figures.ts';
import { runEngine, scoringLack, useExams, useLoadedModel } from '../environment.ts';

type ModelAnswer = NonNullable<PracticeAnswer['model']>;

export type ModelState =
  | { readonly kind: 'no-model' }
  | { readonly kind: 'thinking' }
  | { readonly kind: 'too-long' }
  | { readonly kind: 'no-scores'; readonly why: string }
  | { readonly kind: 'failed'; readonly error: AppError }
  | { readonly kind: 'answered'; readonly answer: ModelAnswer };

/** What the model holds of an item's options, computed while the person thinks. */
export function useModelAnswer(set: SetRecord, item: Item | null): ModelState {
  const environment = useExams();
  const loaded = useLoadedModel();
  const [found, setFound] = useState<{ readonly key: string; readonly state: ModelState } | null>(null);
  const key = `${item?.id ?? ''}/${loaded?.modelId ?? ''}/${loaded?.sourceSha256 ?? ''}`;
  useEffect(() => {
    if (!item || !loaded) return;
    const stop = new AbortController();
    probabilities(stop.signal)
      .then((state) => {
        setFound({ key, state });
      })
      .catch((thrown: unknown) => {
        if (!isAbort(thrown)) setFound({ key, state: { kind: 'failed', error: toAppError(thrown) } });
      });
    async function probabilities(signal: AbortSignal): Promise<ModelState> {
      if (!item || !loaded) return { kind: 'no-model' };
      const why = scoringLack(loaded);
      if (why !== null) return { kind: 'no-scores', why };
      const draft = firstDraft(set, loaded.modelId);
      // A written answer has no probabilities: the letters after the same prompt do.
      const method = draft.method.kind === 'written' ? ({ kind: 'option-letters' } as const) : draft.method;
      const asked = { ...item, answer: item.answer.length > 0 ? item.answer : [0] };
      const { plan } = prepareRun(set, [asked], {
        ...draft,
        method,
        splits: [],
        examples: { ...draft.examples, k: 0 },
      });
      await environment.permit(signal);
      // Before a run in the background, after a reply being written.
      const turn = await engineTurns.take('person', signal);
      try {
        const order = item.options.map((_, index) => index);
        const answer = await ask(
          runEngine(),
          plan,
          [],
          item,
          { n: 0, itemId: item.id, order },
          loaded.contextLength,
          signal,
        );
        if (answer.status === 'too-long') return { kind: 'too-long' };
        const scores = optionScores(method, answer.options);
        return {
          kind: 'answered',
          answer: {
            modelId: loaded.modelId,
            displayName: loaded.displayName,
            sourceSha256: loaded.sourceSha256,
            probabilities: [...softmax(scores)],
            chosen: bestPosition(scores),
          },
        };
      } finally {
        turn.end();
      }
    }
    return () => {
      stop.abort();
    };
    // The key says which item and which model; the rest is the same for both.
    // oxlint-disable-next-line react-hooks/exhaustive-deps -- see above
  }, [key]);
  if (!loaded) return { kind: 'no-model' };
  return found?.key === key ? found.state : { kind: 'thinking' };
}

/** Bars of probability, one an option. Shown after Check. */
export function ModelView({ state, item }: { readonly state: ModelState; readonly item: Item }) {
  const answer = state.kind === 'answered' ? state.answer : null;
  return (
    <section aria-label="Model’s view" className="grid gap-3 border-t border-line pt-4">
      <h2 className="text-sm font-semibold">Model’s view</h2>
      <p role="status" className="text-sm text-ink-muted">
        {sentence(state, item)}
      </p>
      {answer && (
        <ul className="grid gap-2">
          {answer.probabilities.map((probability, index) => {
            const value = Math.round(probability * 1000) / 10;
            return (
              <li key={index} className="grid grid-cols-[1.5rem_1fr_4rem] items-center gap-2 text-sm">
                <span className={index === answer.chosen ? 'font-semibold' : ''}>{letterOf(index)}</span>
                <div
                  role="meter"
                  aria-label={letterOf(index)}
                  aria-valuemin={0}
                  aria-valuemax={100}
                  aria-valuenow={value}
                  aria-valuetext={percent(probability)}
                  className="h-3 bg-line"
                >
                  <div
                    className="h-full origin-left bg-accent"
                    style={{ transform: `scaleX(${probability.toFixed(4)})` }}
                  />
                </div>
                <span className="tabular text-right text-ink-muted">{percent(probability)}</span>
              </li>
            );
          })}
        </ul>
      )}
      <NoticeLine />
      <p className="text-xs text-ink-muted">
        Meditron-7B, raw with three examples, answers 36.3 % of MedMCQA and 28.7 % of MedQA right, where
        guessing gives 25 % and 20 % (arXiv 2311.16079). Fine-tuned models score higher: they are other
        models.
      </p>
    </section>
  );
}

function sentence(state: ModelState, item: Item): string {
  switch (state.kind) {
    case 'no-model':
      return 'No model is loaded: practice works without one, and the bars come when one is.';
    case 'thinking':
      return 'The model is still reading the question…';
    case 'too-long':
      return 'The question does not fit the model’s window, so it was not asked.';
    case 'no-scores':
      return `${state.why} A run with the method Written answer can ask it.`;
    case 'failed':
      if (state.error.code === 'server/unconfirmed')
        return 'The model was not asked, since the question would have gone to a server.';
      return `The model could not be asked: ${state.error.message}.`;
    case 'answered': {
      const { displayName, chosen, probabilities } = state.answer;
      const verdict =
        item.answer.length === 0
          ? ''
          : item.answer.includes(chosen)
            ? ', which is right'
            : ', which is wrong';
      return `${displayName} holds ${letterOf(chosen)} the likeliest of these options (${percent(probabilities[chosen] ?? 0)})${verdict}.`;
    }
  }
}
