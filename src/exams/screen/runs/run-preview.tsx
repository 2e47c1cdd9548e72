import { useEffect, useMemo, useRef, useState } from 'react';
import { engineTurns } from '../../../engine/tab/turns.ts';
import { formatDuration } from '../../../lib/format.ts';
import { toAppError, type AppError } from '../../../errors/app-error.ts';
import { Button } from '../../../ui/button.tsx';
import { letterOf, type Item } from '../../items/item.ts';
import { ask, show, showAsGiven } from '../../runs/ask.ts';
import { renderItem } from '../../runs/forms.ts';
import { presentationsOf, type RunPlan } from '../../runs/run-plan.ts';
import { seededRandom, shuffled } from '../../runs/random.ts';
import { exampleSource } from '../../runs/runner.ts';
import { runEngine, useLoadedModel } from '../environment.ts';

/** The examples, the exact first prompt, and how long it will take. */
export function RunPreview({
  plan,
  total,
  items,
  onExamples,
}: {
  readonly plan: RunPlan;
  readonly total: number;
  readonly items: readonly Item[];
  readonly onExamples: (ids: string[]) => void;
}) {
  const byId = useMemo(() => new Map(items.map((item) => [item.id, item])), [items]);
  const prompt = useMemo(() => firstPrompt(plan, byId), [plan, byId]);
  const estimate = useEstimate(plan, total, byId);
  const examples = plan.examples.ids.flatMap((id) => byId.get(id) ?? []);

  const draws = useRef(0);
  const replace = (index: number): void => {
    const used = new Set(plan.examples.ids);
    const free = items.filter(
      (item) =>
        item.answer.length > 0 &&
        !used.has(item.id) &&
        (plan.examples.split === '' || item.split === plan.examples.split),
    );
    // Each press draws from where the last one ended.
    draws.current += 1;
    const [next] = shuffled(free, seededRandom(plan.examples.seed + index + 97 * draws.current));
    if (next) onExamples(plan.examples.ids.map((id, at) => (at === index ? next.id : id)));
  };

  return (
    <div className="grid gap-2 text-sm">
      <p role="status" className="tabular">
        {estimate}
      </p>
      {examples.length > 0 && (
        <details>
          <summary className="cursor-pointer text-accent">The examples in the prompt</summary>
          <ol className="mt-2 grid list-decimal gap-2 pl-6">
            {examples.map((item, index) => (
              <li key={item.id}>
                <span className="font-serif">{item.question.slice(0, 200)}</span>{' '}
                <span className="text-ink-muted">({item.answer.map(letterOf).join(', ')})</span>{' '}
                <Button
                  size="small"
                  look="quiet"
                  aria-label={`Another example in place of ${index + 1}`}
                  onClick={() => {
                    replace(index);
                  }}
                >
                  Another one
                </Button>
              </li>
            ))}
          </ol>
        </details>
      )}
      <details>
        <summary className="cursor-pointer text-accent">The first prompt, exactly</summary>
        <pre
          // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a scrollable region must be reachable
          tabIndex={0}
          aria-label="The first prompt"
          className="mt-2 max-h-64 overflow-auto bg-sunken p-3 font-mono text-xs whitespace-pre-wrap"
        >
          {prompt}
        </pre>
      </details>
    </div>
  );
}

/** What the run will ask first, its options in the order in which it will ask them. */
export function firstPrompt(plan: RunPlan, items: ReadonlyMap<string, Item>): string {
  const item = items.get(plan.itemIds[0] ?? '');
  if (!item) return '';
  const [first] = presentationsOf({ ...plan, itemIds: [item.id] }, new Map([[item.id, item.options.length]]));
  try {
    const { prefix, own, continuations } = renderItem(
      plan,
      exampleSource({ plan }, items)(item),
      first ? show(item, first.order) : showAsGiven(item),
    );
    const scored =
      continuations.length === 0
        ? ''
        : `\n\nScored after it: ${continuations.map((each) => JSON.stringify(each)).join(', ')}`;
    return `${prefix}${own}${scored}`;
  } catch (thrown) {
    return toAppError(thrown).message;
  }
}

/** Two questions are put to the loaded model: the first shows what the examples cost, the second what each further one does. */
function useEstimate(plan: RunPlan, total: number, items: ReadonlyMap<string, Item>): string {
  const loaded = useLoadedModel();
  const [text, setText] = useState('');
  const key = JSON.stringify([
    plan.method,
    plan.form,
    plan.examples,
    plan.itemIds.slice(0, 2),
    loaded?.modelId,
  ]);
  useEffect(() => {
    // Nothing goes to a server before the run is started.
    if (!loaded || loaded.engine === 'remote') return;
    const stop = new AbortController();
    // Not while numbers are being typed.
    const timer = setTimeout(() => {
      measure(stop.signal)
        .then((milliseconds) => {
          setText(
            milliseconds === null
              ? 'The first question does not fit the model’s window.'
              : `About ${formatDuration(milliseconds / 1000)} with ${loaded.displayName}.`,
          );
        })
        .catch((thrown: unknown) => {
          const error: AppError = toAppError(thrown);
          if (error.code !== 'aborted') setText(`The time cannot be told: ${error.message}.`);
        });
    }, 600);
    const measure = async (signal: AbortSignal): Promise<number | null> => {
      const engine = runEngine();
      const turn = await engineTurns.take('background', signal);
      try {
        const times: number[] = [];
        for (const [n, id] of plan.itemIds.slice(0, 2).entries()) {
          const item = items.get(id);
          if (!item) break;
          const started = performance.now();
          const order = item.options.map((_, index) => index);
          const both = AbortSignal.any([signal, turn.wanted]);
          const examples = exampleSource({ plan }, items)(item);
          const answer = await ask(
            engine,
            plan,
            examples,
            item,
            { n, itemId: id, order },
            loaded.contextLength,
            both,
          );
          if (answer.status === 'too-long') return null;
          times.push(performance.now() - started);
        }
        const [first = 0, second = first] = times;
        return first + second * (total - 1);
      } finally {
        turn.end();
      }
    };
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
    // The key says when what is measured changes; the total only multiplies.
    // oxlint-disable-next-line react-hooks/exhaustive-deps -- see above
  }, [key, total]);
  if (!loaded) return 'No model is loaded: the run waits until one is.';
  if (loaded.engine === 'remote')
    return `The questions go to ${loaded.displayName}’s server; the first ones tell how long it takes.`;
  return text === '' ? 'Measuring how long it will take…' : text;
}
