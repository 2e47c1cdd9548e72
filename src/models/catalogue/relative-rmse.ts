/** The scale on which conversion errors are drawn: percent, the same for every source, so that lengths compare. */
export const RMSE_AXIS = { from: 7.5, to: 12.5, ticks: [8, 9, 10, 11, 12] } as const;

/** @param percent an error in percent. @returns its place on the axis, 0 to 1. */
export function rmsePlace(percent: number): number {
  const { from, to } = RMSE_AXIS;
  return Math.min(1, Math.max(0, (percent - from) / (to - from)));
}

/** @returns e.g. `8.6 %` or `10.3–12 %`. */
export function rmseText([best, worst]: readonly [number, number]): string {
  return best === worst ? `${String(best)} %` : `${String(best)}–${String(worst)} %`;
}
