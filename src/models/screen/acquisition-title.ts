import type { ActiveAcquisition } from '../acquire/workers/acquire-protocol.ts';

const VERBS: Record<ActiveAcquisition['kind'], string> = {
  convert: 'Converting',
  import: 'Importing',
  download: 'Downloading',
  verify: 'Verifying',
};

/** e.g. `Converting Meditron-7B`. */
export function acquisitionTitle(kind: ActiveAcquisition['kind'], displayName: string): string {
  return `${VERBS[kind]} ${displayName}`;
}
