import type { EngineAbilities } from '../port.ts';

/** Its own file: the worker must not import the entry. */
export const LLAMACPP_ABILITIES: EngineAbilities = {
  scoring: true,
  alternatives: 0,
  bannedTokens: false,
  seeds: true,
};
