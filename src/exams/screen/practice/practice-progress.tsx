import { useMemo } from 'react';
import { useLive } from '../../../conversations/panel/hooks.ts';
import { readAnswers } from '../../data/practice-repository.ts';
import { readItemsById } from '../../data/sets.ts';
import { progressOf } from '../../practice/progress.ts';
import type { Proportion } from '../../statistics/summary.ts';
import { percent, proportionText } from '../../export/figures.ts';
import { ProportionPlot } from '../report/plots.tsx';

/** How practice goes, by subject and over time, beside the model on the same questions. Nothing before the first answer. */
export function PracticeProgress({ setId }: { readonly setId: string }) {
  const practised = useLive(`exam-progress/${setId}`, async (store) => {
    const answers = await readAnswers(store, setId);
    // Of 20,000 questions those that were answered.
    const items = await readItemsById(store, setId, [...new Set(answers.map(({ itemId }) => itemId))]);
    return { answers, items };
  });
  const progress = useMemo(
    () =>
      practised
        ? progressOf(practised.answers, new Map(practised.items.map((item) => [item.id, item.answer])))
        : null,
    [practised],
  );
  if (!progress || progress.person.n === 0) return null;
  const rows = progress.subjects.map(({ subject, person, model }) => ({
    name: subject === '' ? 'no subject' : subject,
    person,
    model,
  }));
  return (
    <section aria-labelledby="progress-title" className="grid gap-3">
      <h2 id="progress-title" className="font-serif text-lg font-semibold">
        Your practice
      </h2>
      <p className="tabular text-sm">
        You: {proportionText(progress.person)}.
        {progress.model && ` The model on those of them it was asked: ${proportionText(progress.model)}.`}
        {!Number.isNaN(progress.modelSureWhenWrong) &&
          ` Where it was wrong, it gave its choice ${percent(progress.modelSureWhenWrong)} on average.`}
      </p>
      <ProportionPlot
        title="Right answers by subject"
        rows={rows.map(({ name, person }) => ({ name, value: person }))}
      />
      <div className="overflow-x-auto">
        <table className="tabular w-full text-sm">
          <caption className="sr-only">Right answers by subject, yours and the model’s</caption>
          <thead>
            <tr className="border-b border-line text-left">
              <th scope="col" className="py-1 pr-4 font-medium">
                Subject
              </th>
              <th scope="col" className="py-1 pr-4 font-medium">
                You
              </th>
              <th scope="col" className="py-1 font-medium">
                Model
              </th>
            </tr>
          </thead>
          <tbody>
            {rows.map(({ name, person, model }) => (
              <tr key={name} className="border-b border-line">
                <th scope="row" className="py-1 pr-4 text-left font-normal">
                  {name}
                </th>
                <td className="py-1 pr-4">{proportionText(person)}</td>
                <td className="py-1">{model ? proportionText(model) : 'not asked'}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {progress.days.length > 1 && <Days days={progress.days} />}
    </section>
  );
}

function Days({ days }: { readonly days: readonly { readonly day: string; readonly person: Proportion }[] }) {
  return (
    <details className="text-sm">
      <summary className="cursor-pointer text-accent">Day by day</summary>
      <ul className="tabular mt-1">
        {days.map(({ day, person }) => (
          <li key={day}>
            {day}: {proportionText(person)}
          </li>
        ))}
      </ul>
    </details>
  );
}
