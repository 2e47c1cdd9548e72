import type { EngineAbilities } from '../port.ts';

/** Sampling is ours and on the CPU, so every logit is at hand. Its own file: the worker must not import the entry. */
export const MLC_ABILITIES: EngineAbilities = {
  scoring: true,
  alternatives: 20,
  bannedTokens: true,
  seeds: true,
};
