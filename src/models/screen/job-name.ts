import type { ActiveJob } from '../acquire/acquire-protocol.ts';

const VERBS: Record<ActiveJob['kind'], string> = {
  convert: 'Converting',
  import: 'Importing',
  download: 'Downloading',
  verify: 'Verifying',
};

/** e.g. `Converting Meditron-7B`. */
export function jobName(kind: ActiveJob['kind'], displayName: string): string {
  return `${VERBS[kind]} ${displayName}`;
}
