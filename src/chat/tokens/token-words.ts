/** A reply's tokens in words and figures. */
import type { TracedChoice, TracedToken } from '../../database/records.ts';
import { formatCount } from '../../lib/format.ts';
import { probability } from './trace.ts';

/** A token's text with its white space to be seen; bytes that are no character by their number. */
export function shownToken({ text, bytes }: TracedChoice): string {
  if (bytes) return bytes.map((byte) => `<${byte.toString(16).toUpperCase().padStart(2, '0')}>`).join('');
  if (text === '') return '∅';
  return text.replaceAll('\n', '⏎').replaceAll('\t', '⇥').replaceAll('\r', '␍').replace(/^ | $/g, '␣');
}

export function percent(token: Pick<TracedChoice, 'logProbability'>): string {
  if (token.logProbability === null) return 'not known';
  const value = probability(token) * 100;
  if (value >= 99.95) return '100\u00A0%';
  if (value >= 10) return `${value.toFixed(0)}\u00A0%`;
  if (value >= 0.1) return `${value.toFixed(1)}\u00A0%`;
  return '<\u00A00.1\u00A0%';
}

/** How strongly a token is marked, 0–60 per cent: by the bits it told, of which ten are full marking. */
export function surprise({ logProbability }: Pick<TracedChoice, 'logProbability'>): number {
  if (logProbability === null) return 0;
  return Math.round(60 * Math.min(1, -logProbability / Math.LN2 / 10));
}

/** A sentence on all of them: how many, and the perplexity, which is e to the mean of −ln p. */
export function certainty(tokens: readonly TracedToken[]): string {
  const known = tokens.flatMap(({ logProbability }) => (logProbability === null ? [] : [logProbability]));
  const count = `${formatCount(tokens.length)} ${tokens.length === 1 ? 'token' : 'tokens'}`;
  if (known.length === 0) return `${count}, whose probabilities are not known.`;
  const mean = known.reduce((sum, each) => sum + each, 0) / known.length;
  const untold = tokens.length - known.length;
  return `${count}, perplexity ${Math.exp(-mean).toFixed(2)} (mean log-probability ${mean.toFixed(3)})${
    untold > 0 ? `; ${formatCount(untold)} not told by the engine` : ''
  }.`;
}
