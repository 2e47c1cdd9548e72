/** Expected values were worked out with SciPy 1.17.1; each test quotes the call. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { brierScore, expectedCalibrationError, reliability, softmax, type Forecast } from './calibration.ts';
import { confusion, letterBias, positionPrior, type Choice } from './letters.ts';
import { agreement, comparePaired, exactMcNemar } from './paired.ts';
import { clusteredStandardError, standardError, wilson } from './proportion.ts';
import { summarise, type ScoredRow } from './summary.ts';

const DIGITS = 12;

describe('proportions', () => {
  test('standard error: stats.sem([1,0,1,1,0,1,0,1,1,1])', () => {
    expect(standardError([1, 0, 1, 1, 0, 1, 0, 1, 1, 1])).toBeCloseTo(0.15275252316519464, DIGITS);
    expect(standardError([1])).toBeNaN();
  });

  test('the published ± of MedQA: 407 of 1273 is .3197 ± .0131', () => {
    const marks = Array.from({ length: 1273 }, (_, index) => (index < 407 ? 1 : 0));
    expect(standardError(marks).toFixed(4)).toBe('0.0131');
  });

  test("Wilson: stats.binomtest(k, n).proportion_ci(method='wilson')", () => {
    expect(wilson(7, 10).lower).toBeCloseTo(0.39677814746114526, DIGITS);
    expect(wilson(7, 10).upper).toBeCloseTo(0.892208732593699, DIGITS);
    expect(wilson(0, 10)).toMatchObject({ lower: 0 });
    expect(wilson(0, 10).upper).toBeCloseTo(0.27753279986288926, DIGITS);
    expect(wilson(407, 1273).lower).toBeCloseTo(0.294673444972693, DIGITS);
    expect(wilson(407, 1273).upper).toBeCloseTo(0.34584574648280864, DIGITS);
    expect(wilson(0, 0)).toEqual({ lower: 0, upper: 1 });
  });

  test('Wilson always holds the proportion and stays within 0 and 1', () => {
    fc.assert(
      fc.property(fc.nat(5000), fc.nat(5000), (a, b) => {
        const n = a + b;
        const { lower, upper } = wilson(a, n);
        expect(lower).toBeGreaterThanOrEqual(0);
        expect(upper).toBeLessThanOrEqual(1);
        if (n > 0) {
          expect(lower).toBeLessThanOrEqual(a / n);
          expect(upper).toBeGreaterThanOrEqual(a / n);
        }
      }),
    );
  });

  test('clustered: sqrt(sum((x[c==k]-x.mean()).sum()**2 for k in set(c)))/len(x) in NumPy', () => {
    const clusters = ['a', 'a', 'b', 'b', 'b', 'c'];
    expect(clusteredStandardError([1, 1, 0, 0, 1, 0], clusters)).toBeCloseTo(0.20412414523193148, DIGITS);
    const marks = [1, 0, 1, 1, 0];
    const alone = marks.map((_, index) => String(index));
    expect(clusteredStandardError(marks, alone)).toBeCloseTo(standardError(marks) * Math.sqrt(4 / 5), DIGITS);
  });
});

describe('two runs on the same items', () => {
  test('exact McNemar: stats.binomtest(min(b,c), b+c, 0.5).pvalue', () => {
    expect(exactMcNemar(3, 10)).toBeCloseTo(0.09228515625, DIGITS);
    expect(exactMcNemar(10, 3)).toBeCloseTo(0.09228515625, DIGITS);
    expect(exactMcNemar(900, 1000)).toBeCloseTo(0.023108845108901193, 9);
    expect(exactMcNemar(5, 5)).toBe(1);
    expect(exactMcNemar(0, 0)).toBe(1);
  });

  test('paired difference: (a-b).mean(), stats.sem(a-b)', () => {
    const compared = comparePaired([1, 1, 0, 1, 0, 1, 1, 0], [1, 0, 0, 1, 1, 0, 1, 0]);
    expect(compared).toMatchObject({ n: 8, difference: 0.125, onlyFirst: 2, onlySecond: 1 });
    expect(compared.standardError).toBeCloseTo(0.2265817417937414, DIGITS);
  });

  test('agreement and kappa of a table worked by hand: 20, 5 / 10, 15 of 50', () => {
    const pairs = [
      ...Array<string>(20).fill('AA'),
      ...Array<string>(5).fill('AB'),
      ...Array<string>(10).fill('BA'),
      ...Array<string>(15).fill('BB'),
    ];
    const result = agreement(
      pairs.map((each) => each.charAt(0)),
      pairs.map((each) => each.charAt(1)),
    );
    // Agreement .7; by chance .5·.6 + .5·.4 = .5; κ = .2/.5.
    expect(result.share).toBeCloseTo(0.7, DIGITS);
    expect(result.kappa).toBeCloseTo(0.4, DIGITS);
  });

  test('kappa does not exist where both always choose the same option, however many items there are', () => {
    for (let n = 0; n <= 2000; n += 1) {
      const same = Array<string>(n).fill('A');
      expect(agreement(same, same)).toMatchObject({ same: n, kappa: Number.NaN });
    }
    // Two that never agree: the least there is.
    expect(agreement(['A', 'B'], ['B', 'A']).kappa).toBe(-1);
    expect(agreement(['A', 'A', 'A'], ['B', 'B', 'B']).kappa).toBe(0);
  });
});

describe('calibration', () => {
  const forecasts: readonly Forecast[] = [
    { probabilities: [0.7, 0.2, 0.1], chosen: 0, right: [0] },
    { probabilities: [0.3, 0.4, 0.3], chosen: 1, right: [2] },
    { probabilities: [0.05, 0.05, 0.9], chosen: 2, right: [2] },
    { probabilities: [0.6, 0.3, 0.1], chosen: 0, right: [1] },
  ];

  test('softmax: special.softmax([-1.5,-2.25,-.75,-4])', () => {
    const expected = [0.272371834813784, 0.12865934467473225, 0.5766111788256055, 0.022357641685878255];
    softmax([-1.5, -2.25, -0.75, -4]).forEach((value, index) => {
      expect(value).toBeCloseTo(expected[index] ?? Number.NaN, DIGITS);
    });
    expect(softmax([-5000, -5000])).toEqual([0.5, 0.5]);
  });

  test('Brier: ((P-Y)**2).sum(1).mean()', () => {
    expect(brierScore(forecasts)).toBeCloseTo(0.43875, DIGITS);
  });

  test('ECE: np.digitize(conf, np.linspace(0,1,11), right=True), weighted |accuracy - confidence|', () => {
    const bins = reliability(forecasts);
    expect(bins.map((bin) => bin.n)).toEqual([0, 0, 0, 1, 0, 1, 1, 0, 1, 0]);
    expect(expectedCalibrationError(bins)).toBeCloseTo(0.35, DIGITS);
  });
});

describe('letters', () => {
  const choices: readonly Choice[] = [
    { options: 3, right: [0], chosen: 0 },
    { options: 3, right: [0], chosen: 1 },
    { options: 3, right: [1], chosen: 1 },
    { options: 3, right: [2], chosen: 1 },
    { options: 3, right: [2], chosen: 2 },
    { options: 3, right: [2], chosen: null },
    { options: 3, right: [2], chosen: 0 },
  ];

  test('confusion, with a column for what could not be read', () => {
    expect(confusion(choices)).toEqual([
      [1, 1, 0, 0],
      [0, 1, 0, 0],
      [1, 1, 1, 1],
    ]);
  });

  test('recall by letter and its spread: np.std([.5, 1, .25])', () => {
    const bias = letterBias(choices);
    expect(bias.recall).toEqual([0.5, 1, 0.25]);
    expect(bias.spread).toBeCloseTo(0.31180478223116176, DIGITS);
    expect(bias.chosen).toEqual([2 / 6, 3 / 6, 1 / 6]);
  });

  test('the prior of positions: softmax((R - logsumexp(R)).mean(over items and rotations))', () => {
    const logs = [
      [-1, -2, -3],
      [-1.2, -1.8, -2.5],
      [-0.5, -2.2, -2.9],
    ];
    const prior = positionPrior([logs.map((logProbabilities) => ({ order: [0, 1, 2], logProbabilities }))]);
    expect(prior?.[0]).toBeCloseTo(0.6745636925601709, DIGITS);
    expect(prior?.[1]).toBeCloseTo(0.22454274736588226, DIGITS);
    expect(prior?.[2]).toBeCloseTo(0.10089356007394684, DIGITS);
    expect(positionPrior([])).toBeNull();
    expect(positionPrior([[{ order: [0, 1], logProbabilities: [-1, -2] }]])).toBeNull();
  });

  test('the prior of several items is the mean of theirs, and one impossible option does not decide it', () => {
    const even = { order: [0, 1], logProbabilities: [Math.log(0.5), Math.log(0.5)] };
    const biased = { order: [0, 1], logProbabilities: [Math.log(0.9), Math.log(0.1)] };
    // np.mean([softmax(np.log(observed).mean(axis=0)) for observed in items], axis=0)
    const prior = positionPrior([
      [even, even],
      [biased, biased],
    ]);
    expect(prior?.[0]).toBeCloseTo(0.7, DIGITS);
    expect(prior?.[1]).toBeCloseTo(0.3, DIGITS);
    const never = { order: [0, 1], logProbabilities: [0, -1e30] };
    const turned = { order: [1, 0], logProbabilities: [-1e30, 0] };
    for (const share of positionPrior([[never, turned]]) ?? []) expect(share).toBeCloseTo(0.5, DIGITS);
    expect(positionPrior([[never, even]])?.[1]).toBeGreaterThan(0);
  });

  test('a model that only looks at the text has an even prior', () => {
    const byOption = [-0.5, -1.5, -2.5];
    const rotations = [0, 1, 2].map((turn) => {
      const order = [0, 1, 2].map((position) => (position + turn) % 3);
      return { order, logProbabilities: order.map((option) => byOption[option] ?? 0) };
    });
    for (const share of positionPrior([rotations]) ?? []) expect(share).toBeCloseTo(1 / 3, DIGITS);
  });
});

describe('a run’s summary', () => {
  const row = (itemId: string, over: Partial<ScoredRow>): ScoredRow => ({
    itemId,
    subject: 'x',
    cluster: itemId,
    order: [0, 1, 2, 3],
    right: [0],
    chosen: 0,
    scores: [-1, -2, -3, -4],
    ...over,
  });

  test('subjects, chance, unreadable answers, several right options', () => {
    const rows = [
      row('1', {}),
      row('2', { chosen: null, scores: null, subject: 'y' }),
      row('3', { chosen: 3, right: [1, 3], order: [3, 2, 1, 0] }),
      row('4', { chosen: 2, scores: [-3, -2, -1, -4] }),
    ];
    const summary = summarise(rows);
    expect(summary).toMatchObject({
      n: 4,
      right: 2,
      accuracy: 0.5,
      unreadable: 1,
      clusteredStandardError: null,
    });
    expect(summary.readableAccuracy).toBeCloseTo(2 / 3, DIGITS);
    expect(summary.chance).toBeCloseTo((0.25 * 3 + 0.5) / 4, DIGITS);
    expect(summary.subjects.map(({ subject, n, right }) => [subject, n, right])).toEqual([
      ['x', 3, 2],
      ['y', 1, 0],
    ]);
    expect(summary.calibration?.bins.reduce((sum, bin) => sum + bin.n, 0)).toBe(3);
  });

  test('the order of rows changes nothing', () => {
    const rows = Array.from({ length: 12 }, (_, index) =>
      row(String(index % 4), {
        chosen: index % 3,
        scores: [-1 - index, -2, -3, -4],
        cluster: String(index % 2),
      }),
    );
    fc.assert(
      fc.property(fc.shuffledSubarray(rows, { minLength: 12 }), (shuffled) => {
        const [a, b] = [summarise(rows), summarise(shuffled)];
        expect(b.accuracy).toBe(a.accuracy);
        expect(b.clusteredStandardError).toBeCloseTo(a.clusteredStandardError ?? Number.NaN, DIGITS);
        expect(b.calibration?.brier).toBeCloseTo(a.calibration?.brier ?? Number.NaN, DIGITS);
        expect(b.confusion).toEqual(a.confusion);
      }),
    );
  });
});
