import type { EngineAbilities } from '../port.ts';

/** At best: what a server really offers is found by asking it. Batched with others' requests, a seed promises nothing. */
export const REMOTE_ABILITIES: EngineAbilities = {
  scoring: true,
  alternatives: 0,
  bannedTokens: false,
  seeds: false,
};
