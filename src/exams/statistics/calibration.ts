/** How far a model's probabilities can be believed. */

/** One item: the probabilities of its options (they sum to 1), the chosen one, and whether it is right. */
export interface Forecast {
  readonly probabilities: readonly number[];
  readonly chosen: number;
  /** Indices of the right options. */
  readonly right: readonly number[];
}

export interface ReliabilityBin {
  /** Confidence from `from` (exclusive, but 0) to `to` (inclusive). */
  readonly from: number;
  readonly to: number;
  readonly n: number;
  /** Mean confidence and share of right answers in the bin; NaN when it is empty. */
  readonly confidence: number;
  readonly accuracy: number;
}

/** Softmax of log-probabilities: what each option has of the options' own total. */
export function softmax(logits: readonly number[]): readonly number[] {
  const most = Math.max(...logits);
  const parts = logits.map((logit) => Math.exp(logit - most));
  const total = parts.reduce((sum, part) => sum + part, 0);
  return parts.map((part) => part / total);
}

/** Equal-width bins over the confidence in the chosen option. */
export function reliability(forecasts: readonly Forecast[], bins = 10): readonly ReliabilityBin[] {
  const found = Array.from({ length: bins }, () => ({ n: 0, confidence: 0, right: 0 }));
  for (const { probabilities, chosen, right } of forecasts) {
    const confidence = probabilities[chosen] ?? 0;
    const bin = found[Math.min(bins - 1, Math.max(0, Math.ceil(confidence * bins) - 1))];
    if (!bin) continue;
    bin.n += 1;
    bin.confidence += confidence;
    bin.right += right.includes(chosen) ? 1 : 0;
  }
  return found.map(({ n, confidence, right }, index) => ({
    from: index / bins,
    to: (index + 1) / bins,
    n,
    confidence: confidence / n,
    accuracy: right / n,
  }));
}

/** Expected calibration error: Σ n_b/n · |accuracy_b − confidence_b|. Naeini 2015, Guo 2017 (arXiv 1706.04599). NaN of nothing. */
export function expectedCalibrationError(bins: readonly ReliabilityBin[]): number {
  const n = bins.reduce((sum, bin) => sum + bin.n, 0);
  const filled = bins.filter((bin) => bin.n > 0);
  return filled.reduce((sum, bin) => sum + bin.n * Math.abs(bin.accuracy - bin.confidence), 0) / n;
}

/**
 * Brier's score over all options, 0 to 2: Σ (p_k − y_k)², averaged over items. Brier 1950. With several right options the target
 * is shared among them. NaN of nothing.
 */
export function brierScore(forecasts: readonly Forecast[]): number {
  const total = forecasts.reduce((sum, { probabilities, right }) => {
    const share = 1 / right.length;
    return (
      sum + probabilities.reduce((part, p, index) => part + (p - (right.includes(index) ? share : 0)) ** 2, 0)
    );
  }, 0);
  return total / forecasts.length;
}
