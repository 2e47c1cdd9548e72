/** One self-contained page: it opens from disk, in any browser, and asks for nothing. */
import { renderToStaticMarkup } from 'react-dom/server';
import type { Signature } from '../../formats/signature/signature.ts';
import { ADVISORY_QUOTE, NOTICE_SHORT, QUOTE_AUTHOR, QUOTE_SOURCE } from '../../notice/text.ts';
import { HTML_STYLE } from '../../transcripts/export/page/html-style.ts';
import { ReportBody } from '../screen/report/report-body.tsx';
import { whereText } from '../runs/result.ts';
import { CHECKLIST, checklistRows } from './checklist.ts';
import { isRightResult, missedText, settingText, type RunReport } from './report.ts';
import { rowsSha256 } from './rows-hash.ts';
import { runFileText } from './run-file.ts';
import { closedPage } from './run-page.ts';

const STYLE = `${HTML_STYLE}
section{margin-top:1.5rem}
table{border-collapse:collapse;width:100%;font:.875rem/1.45 var(--sans);font-variant-numeric:tabular-nums}
th,td{text-align:left;vertical-align:top;padding:.25rem 1rem .25rem 0;border-bottom:1px solid var(--line);font-weight:400}
thead th{font-weight:600}
section h2{font:600 1.25rem/1.4 inherit;color:var(--ink);margin:0 0 .5rem}
.blank{color:var(--muted);font-style:italic}
svg{overflow:visible;margin:.5rem 0}
`;

/** @param sign vouches for all of the page. */
export async function htmlReport(
  report: RunReport,
  sign: ((sha256: string) => Promise<Signature>) | null = null,
): Promise<string> {
  const hash = await rowsSha256(report.results);
  const page = renderToStaticMarkup(<Page report={report} hash={hash} />);
  return closedPage(`<!doctype html>\n${page}\n`, await runFileText(report), sign);
}

function Page({ report, hash }: { readonly report: RunReport; readonly hash: string }) {
  const { run } = report;
  const title = `${run.model?.displayName ?? 'A model'} on “${run.plan.setTitle}”`;
  return (
    <html lang="en">
      <head>
        <meta charSet="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta httpEquiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'" />
        <title>{title}</title>
        <style dangerouslySetInnerHTML={{ __html: STYLE }} />
      </head>
      <body>
        <main>
          <section className="notice">
            <h2>Advisory notice</h2>
            <blockquote>{ADVISORY_QUOTE}</blockquote>
            <p>
              {QUOTE_AUTHOR}, {QUOTE_SOURCE.text}. {NOTICE_SHORT} Notice version {run.noticeVersion},
              acknowledged {new Date(run.noticeAcknowledgedAt).toISOString()}.
            </p>
          </section>
          <h1>{title}</h1>
          <p>{settingText(run)}</p>
          <ReportBody report={report} />
          <Missed report={report} />
          <Provenance report={report} />
          <Checklist report={report} />
          <p className="hash">SHA-256 of the rows: {hash}</p>
        </main>
      </body>
    </html>
  );
}

function Missed({ report }: { readonly report: RunReport }) {
  const missed = report.results.filter((result) => result.status === 'answered' && !isRightResult(result));
  if (missed.length === 0) return null;
  return (
    <section>
      <h2>Missed items ({missed.length})</h2>
      <ol>
        {missed.map((result) => {
          const item = report.items.get(result.itemId);
          return (
            <li key={result.n}>
              {item?.question ?? result.itemId} — {missedText(item, result)}
            </li>
          );
        })}
      </ol>
    </section>
  );
}

function Provenance({ report }: { readonly report: RunReport }) {
  const { run } = report;
  const { model, plan } = run;
  const rows: readonly (readonly [string, string])[] = [
    ['Model', `${model?.displayName ?? ''} (${model?.modelId ?? ''}), ${model?.quantization ?? ''}`],
    ['Source', model?.source ?? ''],
    ['SHA-256 of the weights', model?.sourceSha256 ?? ''],
    ['SHA-256 of the model library', model?.librarySha256 ?? ''],
    ['Engine', `${model?.engine ?? ''} ${model?.engineVersion ?? ''}, ${model ? whereText(model) : ''}`],
    ...(model?.server
      ? [['Server’s set-up', model.server.fingerprint] as const]
      : [['Adapter', model?.adapter ?? ''] as const]),
    ['Window', `${model?.contextLength ?? ''} tokens`],
    ['App', `meditron-web ${run.appVersion}`],
    ['Question set', `${plan.setTitle}, SHA-256 ${plan.setSha256}`],
    ['Prompt form', plan.form],
    ['Instruction', plan.system],
    ['Examples', `${plan.examples.k}, seed ${plan.examples.seed}: ${plan.examples.ids.join(', ')}`],
    ['Seed', String(plan.seed)],
    ['Begun', new Date(run.createdAt).toISOString()],
    ['Ended', run.finishedAt === null ? 'not ended' : new Date(run.finishedAt).toISOString()],
  ];
  return (
    <section>
      <h2>Provenance</h2>
      <table aria-label="Provenance">
        <tbody>
          {rows.map(([name, value]) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              <td>{value === '' ? <span className="blank">not known</span> : value}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function Checklist({ report }: { readonly report: RunReport }) {
  const filled = checklistRows(report);
  return (
    <section>
      <h2>Reporting checklist</h2>
      <p>
        What the app knows is filled in; the rest is for the people who report. Items follow CHART and
        TRIPOD-LLM by topic.
      </p>
      <table aria-label="Reporting checklist">
        <thead>
          <tr>
            <th scope="col">List</th>
            <th scope="col">Item</th>
            <th scope="col">Here</th>
          </tr>
        </thead>
        <tbody>
          {CHECKLIST.map(({ id, list, item }) => (
            <tr key={id}>
              <td>{list}</td>
              <th scope="row">{item}</th>
              <td>{filled.get(id) ?? <span className="blank">to be filled in</span>}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
