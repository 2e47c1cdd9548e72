import type { EngineAbilities } from '../port.ts';

/** Its own file: the worker must not import the entry. */
export const LLAMACPP_ABILITIES: EngineAbilities = {
  scoring: true,
  alternatives: 20,
  bannedTokens: true,
  seeds: true,
};
