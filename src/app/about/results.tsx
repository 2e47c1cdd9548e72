import { formatCount } from '../../lib/format.ts';
import { BenchmarkChart, BenchmarkLegend, TruthfulnessChart } from './charts.tsx';
import { BENCHMARKS, FINE_TUNED_MEAN, meanOf, percent, TRUTHFULNESS, TRUTHFULNESS_MEAN } from './figures.ts';

const HEAD_CELL = 'side-head py-1.5 pl-3 text-right align-bottom';
const CELL = 'tabular py-1.5 pl-3 text-right align-baseline';

/** What its authors measured: as pictures to see the size of it, as tables to quote. */
export function Results() {
  const rawMean = meanOf(BENCHMARKS.map(({ raw }) => raw));
  return (
    <div className="grid gap-8">
      <div className="grid gap-4">
        <h3 className="font-serif text-base font-semibold">Exam questions</h3>
        <p className="max-w-measure font-serif text-base">
          Its authors report two kinds of figures, and only one of them is about the model you run here. The{' '}
          <strong className="font-semibold">raw</strong> base model saw three worked examples in its prompt.
          The <strong className="font-semibold">fine-tuned</strong> ones were trained further on the training
          questions of each benchmark, and are other models.
        </p>
        <BenchmarkLegend />
        <BenchmarkChart />
        <div className="overflow-x-auto">
          <table className="w-full text-sm">
            <caption className="pb-1 text-left text-xs text-ink-muted">
              Percent answered right. Guessing gives 20 to 33, by the number of options.
            </caption>
            <thead>
              <tr className="border-b border-line-strong">
                <th scope="col" className="side-head py-1.5 text-left align-bottom">
                  Benchmark
                </th>
                <th scope="col" className={HEAD_CELL}>
                  Items
                </th>
                <th scope="col" className={HEAD_CELL}>
                  Raw
                </th>
                <th scope="col" className={HEAD_CELL}>
                  Fine-tuned
                </th>
              </tr>
            </thead>
            <tbody>
              {BENCHMARKS.map(({ name, what, items, raw, fineTuned }) => (
                <tr key={name} className="border-b border-line">
                  <th scope="row" className="py-1.5 text-left align-baseline font-normal">
                    {name}
                    <span className="block text-xs text-ink-muted">{what}</span>
                  </th>
                  <td className={CELL}>{items === null ? '–' : formatCount(items)}</td>
                  <td className={CELL}>{percent(raw)}</td>
                  <td className={CELL}>{percent(fineTuned)}</td>
                </tr>
              ))}
            </tbody>
            <tfoot>
              <tr>
                <th scope="row" className="py-1.5 text-left font-medium">
                  Mean
                </th>
                <td />
                <td className={CELL}>{percent(rawMean)}</td>
                <td className={CELL}>{percent(FINE_TUNED_MEAN)}</td>
              </tr>
            </tfoot>
          </table>
        </div>
        <p className="max-w-measure text-xs text-ink-muted">
          Raw: the paper (arXiv 2311.16079). Fine-tuned: the model card. The raw mean is worked out from the
          five figures above it. None of them is of the 4-bit weights used here, which may do a little worse.
        </p>
      </div>
      <div className="grid gap-4">
        <h3 className="font-serif text-base font-semibold">Truthfulness</h3>
        <p className="max-w-measure font-serif text-base">
          On TruthfulQA, questions whose popular answers are wrong, it chooses the truth in fewer than a third
          of cases near medicine. Take what it says as a claim to be checked.
        </p>
        <TruthfulnessChart />
        <table className="w-full max-w-80 text-sm">
          <caption className="pb-1 text-left text-xs text-ink-muted">
            TruthfulQA, multiple choice, one example in the prompt; percent
          </caption>
          <tbody>
            {TRUTHFULNESS.map(({ name, value }) => (
              <tr key={name} className="border-b border-line">
                <th scope="row" className="py-1.5 text-left font-normal">
                  {name}
                </th>
                <td className={CELL}>{percent(value)}</td>
              </tr>
            ))}
            <tr>
              <th scope="row" className="py-1.5 text-left font-medium">
                Mean, as published
              </th>
              <td className={CELL}>{percent(TRUTHFULNESS_MEAN)}</td>
            </tr>
          </tbody>
        </table>
      </div>
    </div>
  );
}
