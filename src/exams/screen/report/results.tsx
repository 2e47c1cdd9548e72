import { useEffect, useMemo, useState } from 'react';
import { useLive } from '../../../conversations/panel/hooks.ts';
import { readWholeResults } from '../../data/run-repository.ts';
import { getSet, readItems } from '../../data/sets.ts';
import { formatCount } from '../../../lib/format.ts';
import { NoticeLine } from '../../../notice/notice-line.tsx';
import { Button } from '../../../ui/button.tsx';
import { isRightResult, missedText, reportOf, type RunReport } from '../../export/report.ts';
import { rowsSha256 } from '../../export/rows-hash.ts';
import type { Result, Run } from '../../runs/result.ts';
import { CompareSection } from './compare.tsx';
import { useExams } from '../environment.ts';
import { RunExportMenu } from '../runs/run-export-menu.tsx';
import { RunAgain } from '../runs/run-again.tsx';
import { Ratings } from './ratings.tsx';
import { ReportBody } from './report-body.tsx';
import { whyText } from '../practice/question.tsx';

/** What a run came to: figures, where it errs, and the ways to take it away. */
export function Results({ run }: { readonly run: Run }) {
  const read = useLive(`exam-report/${run.id}/${run.state}`, async (store) => {
    const results: Result[] = [];
    for await (const result of readWholeResults(store, run.id)) results.push(result);
    const items = new Map((await readItems(store, run.plan.setId)).map((item) => [item.id, item]));
    return { results, items, set: await getSet(store, run.plan.setId) };
  });
  const report = useMemo(() => (read ? reportOf(run, read.items, read.results) : null), [run, read]);
  const [comparing, setComparing] = useState(false);
  if (!read || !report) return <p className="text-sm text-ink-muted">Working out the figures…</p>;
  const edited = read.set !== undefined && run.openedFrom === '' && read.set.sha256 !== run.plan.setSha256;
  return (
    <section aria-label="Results" className="grid gap-8">
      <div className="flex flex-wrap items-center gap-2">
        <RunExportMenu report={report} />
        <Button
          size="small"
          onClick={() => {
            setComparing(!comparing);
          }}
        >
          Compare with another run
        </Button>
        <RunAgain report={report} />
      </div>
      {edited && (
        <p role="note" className="border-l-3 border-warn bg-warn-soft px-3 py-2 text-sm">
          The set was edited after this run: questions shown here may read otherwise than when they were
          asked.
        </p>
      )}
      <NoticeLine />
      {comparing && <CompareSection report={report} />}
      <ReportBody report={report} />
      {run.plan.method.kind === 'written' && <Ratings report={report} />}
      <Missed report={report} />
      <RowsHash results={read.results} />
    </section>
  );
}

/** Each opens as a chat. */
function Missed({ report }: { readonly report: RunReport }) {
  const { askInChat } = useExams();
  const [shown, setShown] = useState(20);
  const missed = report.results.filter((result) => result.status === 'answered' && !isRightResult(result));
  if (missed.length === 0) return null;
  return (
    <section aria-labelledby="missed-title" className="grid gap-2">
      <h2 id="missed-title" className="font-serif text-lg font-semibold">
        Missed ({formatCount(missed.length)})
      </h2>
      <ul className="grid divide-y divide-line border-y border-line">
        {missed.slice(0, shown).map((result) => {
          const item = report.items.get(result.itemId);
          return (
            <li key={result.n} className="grid gap-1 py-2 sm:grid-cols-[1fr_auto] sm:gap-4">
              <div>
                <p className="font-serif text-base">{item?.question ?? 'This question was deleted.'}</p>
                <p className="text-xs text-ink-muted">{missedText(item, result)}</p>
              </div>
              {item && (
                <Button
                  size="small"
                  look="quiet"
                  className="-ml-2.5 justify-self-start sm:ml-0"
                  onClick={() => {
                    void askInChat(whyText(item, null, null));
                  }}
                >
                  Open as a chat
                </Button>
              )}
            </li>
          );
        })}
      </ul>
      {missed.length > shown && (
        <Button
          size="small"
          className="justify-self-start"
          onClick={() => {
            setShown(shown + 100);
          }}
        >
          Show more
        </Button>
      )}
    </section>
  );
}

function RowsHash({ results }: { readonly results: readonly Result[] }) {
  const [hash, setHash] = useState('');
  useEffect(() => {
    let current = true;
    void rowsSha256(results).then((found) => {
      if (current) setHash(found);
    });
    return () => {
      current = false;
    };
  }, [results]);
  return (
    <p className="text-xs text-ink-muted [overflow-wrap:anywhere]">
      SHA-256 of the rows: {hash === '' ? '…' : hash}
    </p>
  );
}
