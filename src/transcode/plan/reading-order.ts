import type { InputPlan, WantedTensor } from './package-plan.ts';

/** Far scales and zeros are fetched about this part of a shard at a time: few requests, and little to hold. */
const BATCH = 1 / 8;

/** From front to back, file after file. */
export function byPlace({ location: a }: InputPlan, { location: b }: InputPlan): number {
  return a.file - b.file || a.offset - b.offset;
}

/**
 * Fetches AWQ's scales and zeros aside, shortly before their weights, where the file has them far away: the safetensors
 * library sorts by type before name, so all scales come after all weights. Waiting for them would hold all weights in
 * memory; fetching them aside reads a fortieth of the file twice. Far is further than a shard is long.
 */
export function fetchAside(
  inFileOrder: readonly InputPlan[],
  wanted: readonly WantedTensor[],
  shardBytes: number,
): InputPlan[] {
  const waiting = new Map<string, InputPlan[]>();
  const inTurn: InputPlan[] = [];
  for (const input of inFileOrder) {
    const qweight = farWeights(input, wanted, shardBytes);
    if (qweight === null) inTurn.push(input);
    else waiting.set(qweight, [...(waiting.get(qweight) ?? []), { ...input, aside: true }]);
  }
  const queue = inTurn.map(({ location }) => location.name).filter((name) => waiting.has(name));
  let next = 0;
  return inTurn.flatMap((input) => {
    if (queue[next] !== input.location.name) return [input];
    const batch: InputPlan[] = [];
    // The first is this input's own.
    for (let bytes = 0; bytes < shardBytes * BATCH && next < queue.length; next++) {
      const fetched = waiting.get(queue[next] ?? '') ?? [];
      batch.push(...fetched);
      for (const { location } of fetched) bytes += location.byteLength;
    }
    return [...batch.sort(byPlace), input];
  });
}

/** The name of the AWQ weights these scales or zeros belong to, if they lie further away than `far` bytes. */
function farWeights(
  { location, uses }: InputPlan,
  wanted: readonly WantedTensor[],
  far: number,
): string | null {
  const side = uses.find(({ role }) => role === 'qzeros' || role === 'scales');
  const planned = side === undefined ? undefined : wanted[side.tensor];
  const matrix = planned?.kind === 'matrix' ? planned.parts[side?.part ?? 0]?.matrix : undefined;
  if (matrix?.kind !== 'awq') return null;
  const { name, file, offset, byteLength } = matrix.qweight;
  const distance = Math.max(location.offset - (offset + byteLength), offset - location.offset);
  return file !== location.file || distance > far ? name : null;
}
