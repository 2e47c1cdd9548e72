/** Probabilities: scoring, alternatives and bans, for engines and models that can. */
import type { ChosenToken } from '../port.ts';
import {
  ensure,
  ensureEqual,
  ensureFails,
  loaded,
  replyTo,
  requestOf,
  type ContractCheck,
} from './support.ts';

/** Two ways to one probability may round differently, on a GPU visibly. */
const TOLERANCE = 0.05;

export const TOKEN_CHECKS: readonly ContractCheck[] = [
  {
    name: 'scores options by the chain rule, the same again, in their order',
    async run(subject) {
      const { tab, prompt, options } = subject;
      const { abilities } = await loaded(subject);
      const [a, b] = options;
      if (!abilities.scoring) {
        const error = await tab.score(prompt, options).catch((thrown: unknown) => thrown);
        ensure(error instanceof Error, 'scoring fails where it is not offered');
        return;
      }
      const scores = await tab.score(prompt, [a, b]);
      ensureEqual(
        scores.map(({ option }) => option),
        [a, b],
        'the options',
      );
      for (const { option, logProbability, tokens } of scores) {
        ensure(logProbability < 0 && Number.isFinite(logProbability), `ln P of “${option}”`);
        ensure(tokens >= 1, `tokens of “${option}”`);
      }
      const turned = await tab.score(prompt, [b, a]);
      for (const [index, { logProbability }] of scores.entries()) {
        ensureClose(turned[1 - index]?.logProbability, logProbability, 'the other way round');
      }
      const mass = scores.reduce((sum, { logProbability }) => sum + Math.exp(logProbability), 0);
      ensure(mass <= 1 + 1e-6, `options that exclude each other add up to ${String(mass)}`);
      const [both] = await tab.score(prompt, [a + b]);
      const [then] = await tab.score(prompt + a, [b]);
      if (both && then && scores[0] && both.tokens === scores[0].tokens + then.tokens) {
        ensureClose(both.logProbability, scores[0].logProbability + then.logProbability, 'the chain rule');
      }
      ensureEqual(tab.state.status, 'ready', 'the state');
    },
  },
  {
    name: 'refuses what it cannot score, by code, and stops scoring',
    async run(subject) {
      const { tab, prompt, longPrompt, options } = subject;
      const { abilities } = await loaded(subject);
      if (!abilities.scoring) return;
      await ensureFails(tab.score(prompt, ['']), 'engine/unsupported-option', 'an option of nothing');
      await ensureFails(tab.score(longPrompt, options), 'engine/prompt-too-long', 'too long a prompt');
      await ensureFails(tab.score(prompt, options, AbortSignal.abort()), 'aborted', 'a stopped scoring');
      ensureEqual(tab.state.status, 'ready', 'the state');
      ensure((await tab.score(prompt, options)).length === 2, 'it scores afterwards');
    },
  },
  {
    name: 'tells tokens with their probabilities and alternatives where it can, and only when asked',
    async run(subject) {
      const { abilities } = await loaded(subject);
      const plain = await replyTo(subject, requestOf(subject));
      ensure(
        plain.tokens.every(({ tokens }) => tokens === undefined),
        'nothing is told unasked',
      );
      const asked = Math.min(3, abilities.alternatives);
      const told = await replyTo(subject, requestOf(subject, {}, { topAlternatives: 3 }));
      ensureEqual(told.text, plain.text, 'the same reply');
      const tokens = told.tokens.flatMap((event): readonly ChosenToken[] => event.tokens ?? []);
      if (abilities.alternatives === 0) {
        ensureEqual(tokens.length, 0, 'tokens told');
        return;
      }
      ensureEqual(tokens.length, told.done.usage.completionTokens, 'every token is told');
      for (const { logProbability, alternatives } of tokens) {
        ensure(logProbability <= 0, 'probabilities are at most 1');
        ensure(alternatives.length <= asked, 'no more than asked');
        const ranked = alternatives.map((each) => each.logProbability);
        ensureEqual(
          [...ranked].sort((a, b) => b - a),
          ranked,
          'the likeliest first',
        );
        ensureClose(ranked[0], logProbability, 'greedy takes the likeliest');
      }
      const spelled = tokens.map(({ text }) => text).join('');
      if (!spelled.includes('\ufffd')) ensure(spelled.startsWith(told.text), `“${spelled}” spells the reply`);
      const [first] = tokens;
      const bare = await replyTo(subject, requestOf(subject, { maxTokens: 1 }, { topAlternatives: 0 }));
      const [alone] = bare.tokens.flatMap((event) => event.tokens ?? []);
      ensureEqual(alone?.alternatives.length, 0, 'the probability alone');
      ensureClose(alone?.logProbability, first?.logProbability ?? Number.NaN, 'the same probability');
    },
  },
  {
    name: 'scores a token as it generates it',
    async run(subject) {
      const { tab, prompt } = subject;
      const { abilities } = await loaded(subject);
      if (!abilities.scoring || abilities.alternatives === 0) return;
      const { tokens } = await replyTo(subject, requestOf(subject, { maxTokens: 4 }, { topAlternatives: 1 }));
      let before = prompt;
      for (const { text, logProbability } of tokens.flatMap((event) => event.tokens ?? [])) {
        if (text === '' || text.includes('\ufffd')) return;
        const [score] = await tab.score(before, [text]);
        // Tokenised anew behind the prompt, the text may be cut otherwise; then the two say nothing of each other.
        if (score?.tokens === 1) ensureClose(score.logProbability, logProbability, `“${text}”`);
        before += text;
      }
    },
  },
  {
    name: 'never draws a banned token, where it can ban',
    async run(subject) {
      const { abilities } = await loaded(subject);
      if (!abilities.bannedTokens || abilities.alternatives === 0) return;
      const first = await replyTo(subject, requestOf(subject, { maxTokens: 1 }, { topAlternatives: 2 }));
      const [token] = first.tokens.flatMap((event) => event.tokens ?? []);
      if (token?.id === undefined || token.id === null) return;
      const bannedTokens = [token.id];
      const other = await replyTo(subject, requestOf(subject, {}, { bannedTokens, topAlternatives: 0 }));
      const ids = other.tokens.flatMap((event) => event.tokens ?? []).map(({ id }) => id);
      ensure(ids.length > 0 && !ids.includes(token.id), `${ids.join(' ')} without ${String(token.id)}`);
    },
  },
];

function ensureClose(actual: number | undefined, expected: number, what: string): void {
  ensure(
    actual !== undefined && Math.abs(actual - expected) <= TOLERANCE,
    `${what}: ${String(actual)} and ${String(expected)}`,
  );
}
