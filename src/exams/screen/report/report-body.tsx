/** A run's figures as tables and plots: on screen, and without a change in the exported report. No state, no effects. */
import type { ReactNode } from 'react';
import { letterOf } from '../../items/item.ts';
import { publishedFor } from '../../runs/presets.ts';
import type { RunReport } from '../../export/report.ts';
import { decimal, intervalText, percent, proportionText } from '../../export/figures.ts';
import { LetterPlot, ProportionPlot, ReliabilityPlot } from './plots.tsx';

export function ReportBody({ report }: { readonly report: RunReport }) {
  return (
    <>
      <SummaryTable report={report} />
      <Published report={report} />
      <Subjects report={report} />
      <Letters report={report} />
      <Calibration report={report} />
    </>
  );
}

function Part({ title, children }: { readonly title: string; readonly children: ReactNode }) {
  const id = `part-${title.toLowerCase().replaceAll(/[^a-z]+/g, '-')}`;
  return (
    <section aria-labelledby={id} className="grid gap-3">
      <h2 id={id} className="font-serif text-lg font-semibold">
        {title}
      </h2>
      {children}
    </section>
  );
}

const CELL = 'py-1 pr-4 text-left align-top font-normal';
const HEAD = 'py-1 pr-4 text-left font-medium';

function Table({
  name,
  head,
  rows,
}: {
  readonly name: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}) {
  return (
    // A table wider than the window scrolls by keyboard, too.
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a scrollable region must be reachable
    <div className="overflow-x-auto" tabIndex={0} role="group" aria-label={`${name}, scrollable`}>
      <table aria-label={name} className="tabular w-full text-sm">
        <thead>
          <tr className="border-b border-line-strong">
            {head.map((each) => (
              <th key={each} scope="col" className={HEAD}>
                {each}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(([first = '', ...rest]) => (
            <tr key={first} className="border-b border-line">
              <th scope="row" className={CELL}>
                {first}
              </th>
              {rest.map((each, index) => (
                <td key={head[index + 1]} className={CELL}>
                  {each}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function SummaryTable({ report }: { readonly report: RunReport }) {
  const { summary } = report;
  const rows: string[][] = [
    ['Accuracy', percent(summary.accuracy)],
    ['95 % interval (Wilson)', intervalText(summary.interval)],
    ['Standard error', percent(summary.standardError)],
    ['n', `${summary.right} right of ${summary.n}`],
    ['Guessing', percent(summary.chance)],
  ];
  if (summary.clusteredStandardError !== null) {
    const cluster = report.run.plan.order === 'rotations' ? 'question' : 'text';
    rows.push([`Standard error, clustered by ${cluster}`, percent(summary.clusteredStandardError)]);
  }
  if (report.run.plan.method.kind === 'written') {
    rows.push(['Answers that could not be read', `${summary.unreadable} (counted as wrong)`]);
    rows.push(['Accuracy of those that could', percent(summary.readableAccuracy)]);
  }
  if (report.tooLong > 0)
    rows.push(['Longer than the model’s window', `${report.tooLong}, not asked and not counted`]);
  if (report.results.length < report.run.total) {
    rows.push(['Not asked', `${report.run.total - report.results.length} of ${report.run.total}`]);
  }
  return <Table name="Summary" head={['Figure', 'Value']} rows={rows} />;
}

function Published({ report }: { readonly report: RunReport }) {
  const { same, other } = publishedFor(report.run.plan);
  if (same.length + other.length === 0) return null;
  const row = (figure: (typeof same)[number], kind: string): string[] => [
    `${figure.model}, ${figure.setting}`,
    `${percent(figure.accuracy)}${figure.standardError === null ? '' : ` ± ${percent(figure.standardError)}`}`,
    kind,
    figure.source,
  ];
  return (
    <Part title="Published figures">
      <Table
        name="Published figures"
        head={['Model and setting', 'Accuracy', 'Compared with this run', 'Source']}
        rows={[
          ...same.map((each) => row(each, 'same form and examples')),
          ...other.map((each) => row(each, 'another setting')),
        ]}
      />
    </Part>
  );
}

function Subjects({ report }: { readonly report: RunReport }) {
  const { subjects, chance } = report.summary;
  if (subjects.length < 2) return null;
  const named = subjects.map((each) => ({
    ...each,
    subject: each.subject === '' ? 'no subject' : each.subject,
  }));
  return (
    <Part title="By subject">
      {named.length <= 30 && (
        <ProportionPlot
          title="Accuracy by subject"
          rows={named.map((each) => ({ name: each.subject, value: each }))}
          chance={chance}
        />
      )}
      <Table
        name="By subject"
        head={['Subject', 'Right', 'Standard error']}
        rows={named.map((each) => [each.subject, proportionText(each), percent(each.standardError)])}
      />
    </Part>
  );
}

function Letters({ report }: { readonly report: RunReport }) {
  const { confusion, bias, positionPrior } = report.summary;
  const letters = confusion.map((_, index) => letterOf(index));
  return (
    <Part title="By letter">
      <p className="text-sm">Recall: how often the model chose a letter where that letter is the key.</p>
      <LetterPlot
        letters={letters.map((letter, index) => ({
          letter,
          recall: bias.recall[index] ?? 0,
          chosen: bias.chosen[index] ?? 0,
        }))}
      />
      <Table
        name="By letter"
        head={[
          'Right option',
          ...letters.map((letter) => `chose ${letter}`),
          'not readable',
          'recall',
          'chosen overall',
          ...(positionPrior ? ['prior'] : []),
        ]}
        rows={confusion.map((row, index) => [
          letters[index] ?? '',
          ...row.map(String),
          percent(bias.recall[index] ?? Number.NaN),
          percent(bias.chosen[index] ?? Number.NaN),
          ...(positionPrior ? [percent(positionPrior[index] ?? Number.NaN)] : []),
        ])}
      />
      <p className="text-sm">
        Spread of recall between letters: {percent(bias.spread)} (standard deviation). A model that reads only
        the options has none but chance.
        {positionPrior &&
          ' The prior is what a position gets whatever stands there, from items shown in every rotation (arXiv 2309.03882).'}
      </p>
    </Part>
  );
}

function Calibration({ report }: { readonly report: RunReport }) {
  const { calibration } = report.summary;
  if (!calibration) return null;
  return (
    <Part title="Calibration">
      <ReliabilityPlot bins={calibration.bins} />
      <Table
        name="Calibration"
        head={['Confidence', 'n', 'Mean confidence', 'Share right']}
        rows={calibration.bins
          .filter(({ n }) => n > 0)
          .map(({ from, to, n, confidence, accuracy }) => [
            `${percent(from)} to ${percent(to)}`,
            String(n),
            percent(confidence),
            percent(accuracy),
          ])}
      />
      <p className="text-sm">
        Expected calibration error {decimal(calibration.expectedError)}; Brier score{' '}
        {decimal(calibration.brier)} (0 is perfect, 2 the worst)
        {Number.isFinite(calibration.confidenceWhenWrong) &&
          `; confidence where it was wrong ${percent(calibration.confidenceWhenWrong)}`}
        .
      </p>
    </Part>
  );
}
