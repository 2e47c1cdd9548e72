import { useMemo, useState } from 'react';
import { useLive } from '../../../conversations/panel/hooks.ts';
import { listRuns, readWholeResults } from '../../data/run-repository.ts';
import { readItems } from '../../data/sets.ts';
import { compareRuns } from '../../export/compare-runs.ts';
import { settingText, type RunReport } from '../../export/report.ts';
import { letterOf } from '../../items/item.ts';
import type { Result } from '../../runs/result.ts';
import { Select } from '../../../ui/field.tsx';
import { formatMoment } from '../../../lib/format.ts';
import { decimal, percent, pText } from '../../export/figures.ts';

/** Another run on the same questions, item by item. */
export function CompareSection({ report }: { readonly report: RunReport }) {
  const [otherId, setOtherId] = useState('');
  const others = useLive('exam-runs', (store) => listRuns(store, null))?.filter(
    ({ id, state }) => id !== report.run.id && (state === 'done' || state === 'cancelled'),
  );
  const other = useLive(`exam-compare/${otherId}`, async (store) => {
    const run = others?.find(({ id }) => id === otherId);
    if (!run) return null;
    const results: Result[] = [];
    for await (const result of readWholeResults(store, run.id)) results.push(result);
    return {
      run,
      results,
      items: new Map((await readItems(store, run.plan.setId)).map((item) => [item.id, item])),
    };
  });
  const compared = useMemo(() => (other ? compareRuns(report, other) : null), [report, other]);
  const apart = compared?.pairs.filter(({ choice, otherChoice }) => choice !== otherChoice) ?? [];
  return (
    <section aria-label="Comparison" className="grid gap-3">
      {others?.length === 0 ? (
        <p className="text-sm">There is no other finished run yet.</p>
      ) : (
        <Select
          label="Compare with"
          value={otherId}
          choices={[
            { value: '', label: 'choose a run' },
            ...(others ?? []).map((run) => ({
              value: run.id,
              label: `${run.plan.setTitle} · ${run.model?.displayName ?? ''} · ${settingText(run)} · ${formatMoment(run.createdAt)}`,
            })),
          ]}
          onChange={setOtherId}
        />
      )}
      {compared?.pairs.length === 0 && <p className="text-sm">The two runs share no question.</p>}
      {compared && compared.pairs.length > 0 && (
        <>
          <table aria-label="Paired comparison" className="tabular w-full text-sm">
            <tbody>
              {[
                ['Questions in both', String(compared.pairs.length)],
                ['This run', percent(compared.accuracy)],
                ['The other run', percent(compared.otherAccuracy)],
                [
                  'Difference ± standard error (paired)',
                  `${percent(compared.paired.difference)} ± ${percent(compared.paired.standardError)}`,
                ],
                [
                  'Right only here / only there',
                  `${compared.paired.onlyFirst} / ${compared.paired.onlySecond}`,
                ],
                ['Exact McNemar test', pText(compared.paired.mcNemarP)],
                [
                  'Same choice',
                  `${percent(compared.agreement.share)}, κ ${decimal(compared.agreement.kappa)}`,
                ],
              ].map(([name, value]) => (
                <tr key={name} className="border-b border-line">
                  <th scope="row" className="py-1 pr-4 text-left font-normal">
                    {name}
                  </th>
                  <td className="py-1">{value}</td>
                </tr>
              ))}
            </tbody>
          </table>
          <h3 className="text-sm font-semibold">Where they disagree</h3>
          {apart.length === 0 && (
            <p className="text-sm text-ink-muted">Nowhere: both chose the same option on every question.</p>
          )}
          <ul className="grid divide-y divide-line border-y border-line text-sm empty:hidden">
            {apart.slice(0, 200).map(({ key, question, choice, otherChoice, right }) => (
              <li key={key} className="grid gap-0.5 py-2">
                <span className="font-serif text-base">{question}</span>
                <span className="text-xs text-ink-muted">
                  here {label(choice)}, there {label(otherChoice)}, right is {right.map(letterOf).join(', ')}
                </span>
              </li>
            ))}
          </ul>
        </>
      )}
    </section>
  );
}

function label(choice: number | null): string {
  return choice === null ? 'not readable' : letterOf(choice);
}
