/**
 * `npm run bench`: what the project promises about speed, as ratios within one run, so that a slow machine does not matter.
 * Run it on an idle machine; exits with 1 when a promise is not kept.
 */
import { benchEngine } from './bench-engine.ts';

interface Row {
  readonly name: string;
  readonly ratio: number;
  /** `at least` or `at most` what. */
  readonly promise: { readonly atLeast: number } | { readonly atMost: number };
  readonly detail: string;
}

const BENCHES: readonly (() => Promise<Row>)[] = [
  async () => {
    const { decodeRatio, ratios, tokens } = await benchEngine();
    return {
      name: 'decode in the engine against llama.cpp called bare',
      ratio: decodeRatio,
      promise: { atLeast: 0.95 },
      detail: `${tokens} tokens, rounds ${ratios.map((each) => each.toFixed(3)).join(' ')}`,
    };
  },
];

let broken = 0;
for (const bench of BENCHES) {
  const row = await bench();
  const kept = 'atLeast' in row.promise ? row.ratio >= row.promise.atLeast : row.ratio <= row.promise.atMost;
  const promise =
    'atLeast' in row.promise ? `at least ${row.promise.atLeast}` : `at most ${row.promise.atMost}`;
  console.log(`${kept ? '✓' : '✗'} ${row.name}: ${row.ratio.toFixed(3)} (${promise}; ${row.detail})`);
  if (!kept) broken += 1;
}
process.exitCode = broken > 0 ? 1 : 0;
